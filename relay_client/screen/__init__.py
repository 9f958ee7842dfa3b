"""Codecs of the screen path: lossless changed rectangles and scroll copies in one streaming zstd context.

- `changes`  which rectangles differ between two pictures, and whether something scrolled
- `encoder`  pictures to packed updates (`relay_protocol.screen`)
- `decoder`  packed updates to the picture
"""
