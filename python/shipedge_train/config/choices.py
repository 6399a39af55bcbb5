"""Every choice of a training run, as frozen dataclasses; each says what it means and has a value that works."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ModelConfig:
    """Which network.

    Attributes:
        encoder: "slim" or "efficientnet-lite0".
        widths: channels per stage; () takes those of the network.
        max_parameters: the budget it must keep.
        reduce: how many times smaller converted models see images, 1 or 2: the detector looks at the smaller ones
            alone, the segmenter at both.
    """

    encoder: str = "slim"
    widths: tuple[int, ...] = ()
    max_parameters: int = 1_000_000
    reduce: int = 1


@dataclass(frozen=True)
class DataConfig:
    """Crops and batches.

    Attributes:
        crop: side of the training crops, pixels.
        batch: crops per step; 0 takes 8 on a CPU and 32 on each GPU.
        ship_share: share of crops placed around a ship.
        empty_share: share of crops from images without ships; the rest is cut anywhere.
        size_balance: share of the ships drawn as if each size class had as many; 0 draws every ship as often.
        rim: pixels at the rim of a ship that are taught as water where another ship is as near: ships that touch come
            apart; 0 teaches them as one.
        crops_per_image: crops of one decoded image in a batch; more saves decoding, less mixes better.
        fold: the fold of splits.csv that is validated on; the others train.
        validation_share: share of the scenes kept for validation where there is no splits.csv.
        validation_images: images scored after each epoch, at most.
        cache_gb: memory for decoded images; 0 decodes every time.
        disk_cache: folder to keep decoded images in instead, for data sets larger than memory; "" for none.
        disk_cache_gb: how large that folder may become; 1.8 MB per image.
        workers: loader threads; 0 takes as many as there are cores, at most 16.
    """

    crop: int = 256
    batch: int = 8
    ship_share: float = 0.6
    empty_share: float = 0.2
    size_balance: float = 0.5
    rim: int = 0
    crops_per_image: int = 1
    fold: int = 0
    validation_share: float = 0.1
    validation_images: int = 96
    cache_gb: float = 6.0
    disk_cache: str = ""
    disk_cache_gb: float = 80.0
    workers: int = 0


@dataclass(frozen=True)
class AugmentConfig:
    """How far samples are varied; 0 switches a part off. Probabilities are per sample.

    Attributes:
        flips: mirror and turn by 90 degrees, all eight ways.
        warp: probability of rotation, scale and shear together.
        rotation: largest angle, degrees.
        scale: largest factor up or down.
        shear: largest angle, degrees.
        shift: largest way aside, as a share of the crop's side.
        paste: probability that a sample without ships gets ships of other images.
        fade: probability that the ships of a sample stand out less from the water.
        light: strength of brightness, contrast and gamma; 1 is strong.
        color: strength of hue, saturation and the gains of the channels; 1 is strong.
        gray: probability of an image without color.
        gradient: probability of uneven light across the crop.
        glint: probability of a patch of sun in the waves.
        haze: probability of a veil of bright grey or thin cloud.
        bleed: probability of color from pixels several times as large, as in pansharpening.
        blur: probability of blur or lost resolution.
        noise: probability of sensor noise.
        jpeg: probability of re-compression.
        cutout: probability of one erased rectangle (image and mask).
    """

    flips: bool = True
    warp: float = 0.5
    rotation: float = 45.0
    scale: float = 1.5
    shear: float = 8.0
    shift: float = 0.05
    paste: float = 0.2
    fade: float = 0.0
    light: float = 1.0
    color: float = 1.0
    gray: float = 0.05
    gradient: float = 0.3
    glint: float = 0.05
    haze: float = 0.15
    bleed: float = 0.0
    blur: float = 0.3
    noise: float = 0.4
    jpeg: float = 0.3
    cutout: float = 0.1


@dataclass(frozen=True)
class Stage:
    """Some epochs of a run with crops of their own, or on a dataset of their own; 0 and "" mean: as elsewhere.

    Attributes:
        epochs: how many.
        crop: side of the crops, pixels.
        batch: crops per step.
        data: dataset folder; a change of it starts the learning rate and the choice of the best weights anew.
        learning_rate: peak.
        ships_only: images without ships are left out.
    """

    epochs: int = 1
    crop: int = 0
    batch: int = 0
    data: str = ""
    learning_rate: float = 0.0
    ships_only: bool = False


@dataclass(frozen=True)
class TrainConfig:
    """Optimization.

    Attributes:
        loss: a name in shipedge_train.losses.LOSSES; a refiner has Huber's whatever this says.
        presence_share: weight of the presence grid's loss beside that of the mask, in a cascade.
        epochs: epochs in all; the cosine ends there.
        stages: epochs on growing crops or on another dataset, one after the other; none: all epochs alike.
        patience: stop after so many epochs without a better score; 0 never stops.
        hard_empty: images without ships that are looked at after each epoch; those in which the network sees ships
            are drawn up to ten times as often from then on. 0 draws all alike.
        precision: of the arithmetic; weights stay float32. "auto": what suits the device, so "bfloat16" on GPUs that
            have it, "float16" on older ones that gain by it, "float32" everywhere else.
        steps: optimizer steps per epoch.
        learning_rate: peak, after the warm-up.
        warmup: steps of linear warm-up.
        weight_decay: decoupled (AdamW).
        clip_norm: largest gradient norm.
        keep: weights of which epoch: "best" by the score on the validation side, or "last", where that side is to be
            judged and must not choose.
        ema: decay of the averaged weights, which are the ones scored and kept; 0 switches averaging off.
        init_share: share of the weights given by `--init` in those that are scored and kept, for fine-tuning.
        seed: of weights, order and augmentation.
    """

    loss: str = "bce_dice"
    presence_share: float = 0.5
    epochs: int = 20
    stages: tuple[Stage, ...] = ()
    patience: int = 0
    hard_empty: int = 0
    precision: str = "auto"
    steps: int = 400
    learning_rate: float = 2e-3
    warmup: int = 200
    weight_decay: float = 1e-3
    clip_norm: float = 1.0
    keep: str = "best"
    ema: float = 0.998
    init_share: float = 0.0
    seed: int = 1


@dataclass(frozen=True)
class Config:
    """Everything a training run depends on besides the data."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
