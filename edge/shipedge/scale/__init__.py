"""Archives of images on many processes or machines: blocks of them are worked on anywhere, their results are files."""
