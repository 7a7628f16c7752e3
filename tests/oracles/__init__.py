"""What tests compare with, and what they put in: inputs, laws in exact arithmetic, the vendor's C++, toys, pages."""
