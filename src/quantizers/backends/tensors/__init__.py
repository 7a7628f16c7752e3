"""Laws on tensors: constants, kernels and gradients, once for every library that answers `library.Library`."""
