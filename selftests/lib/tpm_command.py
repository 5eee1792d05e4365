#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What happens to a TPM outside of any agent.

usage: tpm_command.py clear            TPM2_Clear by lockout, as the setup of a
                                       firmware does
       tpm_command.py owner OLD NEW    TPM2_HierarchyChangeAuth: another password
                                       of the owner
"""

import struct
import sys

OWNER, LOCKOUT, PASSWORD = 0x40000001, 0x4000000A, 0x40000009

# Source: TPM 2.0 Library, part 3.
CLEAR, CHANGE_AUTH = 0x126, 0x129


def run(code, handle, password, parameters=b""):
    """One command with one password session; ends the program if it fails."""
    auth = struct.pack(">IHBH", PASSWORD, 0, 0, len(password)) + password
    body = struct.pack(">II", handle, len(auth)) + auth + parameters
    with open("/dev/tpmrm0", "r+b", buffering=0) as tpm:
        tpm.write(struct.pack(">HII", 0x8002, 10 + len(body), code) + body)
        answer = tpm.read(4096)
    result = struct.unpack(">I", answer[6:10])[0]
    if result:
        sys.exit(f"command 0x{code:x} gave 0x{result:x}")


match sys.argv[1:]:
    case ["clear"]:
        run(CLEAR, LOCKOUT, b"")
    case ["owner", old, new]:
        new = new.encode()
        run(CHANGE_AUTH, OWNER, old.encode(), struct.pack(">H", len(new)) + new)
    case _:
        sys.exit(__doc__)
