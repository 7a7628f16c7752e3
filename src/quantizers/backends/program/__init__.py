"""Laws traced into typed programs, which are data, and the printers that make something run of them."""
