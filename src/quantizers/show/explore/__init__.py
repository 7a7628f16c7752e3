"""A page, served on this machine alone, on which one tries formats: `quantizers explore`."""

from ._server import Server as Server
