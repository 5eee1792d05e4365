#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reset the TPM, as the setup of a firmware does: TPM2_Clear by lockout.

usage: clear_tpm.py [DEVICE]
"""

import struct
import sys

# Source: TPM 2.0 Library, part 3, TPM2_Clear; no password.
AUTH = struct.pack(">IHBH", 0x40000009, 0, 0, 0)
BODY = struct.pack(">II", 0x4000000A, len(AUTH)) + AUTH
COMMAND = struct.pack(">HII", 0x8002, 10 + len(BODY), 0x126) + BODY

with open(sys.argv[1] if len(sys.argv) > 1 else "/dev/tpmrm0", "r+b", buffering=0) as tpm:
    tpm.write(COMMAND)
    answer = tpm.read(4096)
code = struct.unpack(">I", answer[6:10])[0]
sys.exit(f"TPM2_Clear gave 0x{code:x}" if code else 0)
