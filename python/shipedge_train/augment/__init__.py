"""Random variation of samples: geometry and pasted ships on image and mask together, light and sensor on the image.

Everything works on uint8 and draws only from the generator it is given. The photometric part is strong on purpose: a
model that has seen few images, or only rendered ones, must not rely on their colors, sharpness or noise.
"""
