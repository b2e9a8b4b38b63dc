"""Commands that produce the published numbers."""

import camenn_tf  # noqa: F401  sets up TensorFlow's CPU kernels before any experiment imports it
