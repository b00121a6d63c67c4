"""An export read, accounted for and stored, side by side with what one would pick instead, and judged row by row."""
