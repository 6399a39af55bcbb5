/* A TFLite delegate that claims every LOGISTIC node and computes it, or does what its option "does" says, from the call
   on that its option "after" says. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The part of TensorFlow Lite's C interface that is needed here; its layout does not change between versions. */
typedef struct {
  int size;
  int data[];
} IntArray;
typedef struct {
  int type;
  void* data;
  IntArray* dims;
  struct {
    float scale;
    int32_t zero_point;
  } params;
  int allocation;
  size_t bytes;
  void* later[8];
} Tensor;
typedef struct {
  IntArray *inputs, *outputs;
} Node;
typedef struct Context Context;
typedef struct Delegate Delegate;
typedef struct {
  void* (*init)(Context*, const char*, size_t);
  void (*free)(Context*, void*);
  int (*prepare)(Context*, Node*);
  int (*invoke)(Context*, Node*);
  const char* (*profiling_string)(const Context*, const Node*);
  int32_t builtin_code;
  const char* custom_name;
  int version;
  void* later[8];
} Registration;
struct Context {
  size_t tensors_size;
  int (*get_execution_plan)(Context*, IntArray**);
  Tensor* tensors;
  void *impl, *resize_tensor, *report_error, *add_tensors;
  int (*get_node_and_registration)(Context*, int, Node**, Registration**);
  int (*replace_nodes)(Context*, Registration, const IntArray*, Delegate*);
};
struct Delegate {
  void* data;
  int (*prepare)(Context*, Delegate*);
  void *copy_from, *copy_to, *free_handle;
  int64_t flags;
  void* builder;
};
enum { OK = 0, ERROR = 1, FLOAT32 = 1, INT8 = 9, LOGISTIC = 14 };

static char does[32];
static long after, calls;

static int prepare(Context* context, Node* node) {
  (void)context;
  (void)node;
  return OK;
}

static int told(const char* what) { return !strcmp(does, what); }

static int misbehave(void) {
  if (told("crash")) abort();
  if (told("exit")) _exit(0);
  while (told("hang")) sleep(1000);
  return told("fail") ? ERROR : OK;
}

static int invoke(Context* context, Node* node) {
  const Tensor* in = &context->tensors[node->inputs->data[0]];
  Tensor* out = &context->tensors[node->outputs->data[0]];
  int now = calls++ >= after;
  if (now && misbehave() != OK) return ERROR;
  size_t n = in->bytes / (in->type == FLOAT32 ? sizeof(float) : 1);
  for (size_t k = 0; k < n; k++) {
    float x = in->type == FLOAT32 ? ((const float*)in->data)[k]
                                  : in->params.scale * (((const int8_t*)in->data)[k] - in->params.zero_point);
    float p = now && told("constant") ? 0.5f : 1 / (1 + expf(now && told("lie") ? x : -x));
    if (in->type == FLOAT32)
      ((float*)out->data)[k] = p;
    else
      ((int8_t*)out->data)[k] = (int8_t)(fminf(rintf(p / out->params.scale), 255) + out->params.zero_point);
  }
  return OK;
}

static int delegate_prepare(Context* context, Delegate* delegate) {
  if (told("crash-at-start")) abort();
  if (told("fail-at-start")) return ERROR;
  while (told("hang-at-start")) sleep(1000);
  IntArray* plan;
  if (context->get_execution_plan(context, &plan) != OK) return ERROR;
  IntArray* mine = malloc(sizeof(IntArray) + plan->size * sizeof(int));
  mine->size = 0;
  for (int k = 0; k < plan->size; k++) {
    Node* node;
    Registration* registration;
    if (context->get_node_and_registration(context, plan->data[k], &node, &registration) != OK) return ERROR;
    if (registration->builtin_code == LOGISTIC && !told("nothing")) mine->data[mine->size++] = plan->data[k];
  }
  Registration registration = {.prepare = prepare, .invoke = invoke, .custom_name = "Stub", .version = 1};
  int status = context->replace_nodes(context, registration, mine, delegate);
  free(mine);
  return status;
}

Delegate* tflite_plugin_create_delegate(char** keys, char** values, size_t count, void (*report_error)(const char*)) {
  strcpy(does, "work");
  for (size_t k = 0; k < count; k++) {
    if (!strcmp(keys[k], "does")) strncpy(does, values[k], sizeof does - 1);
    if (!strcmp(keys[k], "after")) after = atol(values[k]);
  }
  if (told("refuse")) {
    report_error("no chip here");
    return NULL;
  }
  Delegate* delegate = calloc(1, sizeof *delegate);
  delegate->prepare = delegate_prepare;
  delegate->flags = 1; /* tensors of changing size are fine */
  return delegate;
}
void tflite_plugin_destroy_delegate(Delegate* delegate) { free(delegate); }
