#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Change the password of the TPM's owner: TPM2_HierarchyChangeAuth.

usage: tpm_owner.py OLD NEW [DEVICE]
"""

import struct
import sys

OWNER = 0x40000001
old, new = (word.encode() for word in sys.argv[1:3])

# Source: TPM 2.0 Library, part 3, TPM2_HierarchyChangeAuth.
AUTH = struct.pack(">IHBH", 0x40000009, 0, 0, len(old)) + old
BODY = struct.pack(">II", OWNER, len(AUTH)) + AUTH + struct.pack(">H", len(new)) + new
COMMAND = struct.pack(">HII", 0x8002, 10 + len(BODY), 0x129) + BODY

with open(sys.argv[3] if len(sys.argv) > 3 else "/dev/tpmrm0", "r+b", buffering=0) as tpm:
    tpm.write(COMMAND)
    answer = tpm.read(4096)
code = struct.unpack(">I", answer[6:10])[0]
sys.exit(f"TPM2_HierarchyChangeAuth gave 0x{code:x}" if code else 0)
