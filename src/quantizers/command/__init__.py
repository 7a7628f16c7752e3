"""The command `quantizers`; needs the extra `cli`."""
