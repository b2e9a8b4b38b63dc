"""The files of an item store beside `features.json`."""

TEXT_OF_ITEM = "text_of_item.npy"  # int64 [items]: number of the item's text
IMAGE_OF_ITEM = "image_of_item.npy"  # int64 [items]: number of the item's image, -1 = none
TEXT_OFFSETS = "text_offsets.npy"  # int64 [texts + 1]: tokens before each text, over all shards
INDEX = (TEXT_OF_ITEM, IMAGE_OF_ITEM, TEXT_OFFSETS)


def text_shard(number: int) -> str:
    """Tokens of one shard's texts one after the other: float [tokens, Dt] or int32 [tokens]."""
    return f"text-{number:05d}.npy"


def image_shard(number: int) -> str:
    """One shard's images: float [images, P, Di] or uint8 [images, P, h, w, 3]."""
    return f"image-{number:05d}.npy"
