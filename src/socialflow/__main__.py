"""`python -m socialflow` is the `socialflow` command."""

import sys

from socialflow.entrypoints.cli import main

sys.exit(main())
