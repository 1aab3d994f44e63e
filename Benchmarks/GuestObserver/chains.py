"""Run inside gdb: stops at functions of a guest and writes who called whom, as gdb unwinds it."""
import os

import gdb

port, out, stops = os.environ["PORT"], os.environ["OUT"], int(os.environ["STOPS"])
addresses = [int(word, 16) for word in os.environ["ADDRESSES"].split()]
for setting in ("pagination off", "confirm off", "print demangle off", "print asm-demangle off",
                "backtrace past-main on"):
    gdb.execute("set " + setting)
gdb.execute("target remote 127.0.0.1:" + port)
breakpoints = {at: gdb.Breakpoint("*0x%x" % at, gdb.BP_HARDWARE_BREAKPOINT) for at in addresses}
hits = dict.fromkeys(addresses, 0)


def chain():
    names, frame = [], gdb.newest_frame()
    while frame is not None and len(names) < 80 and frame.pc() >= 4096:
        # The plugin knows of no frame that has no return address: inlined, or left by a tail call.
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            # A return address may lie behind the function's last instruction.
            at = frame.pc() - (1 if names else 0)
            words = gdb.execute("info symbol 0x%x" % at, to_string=True).split()
            names.append(words[0] if words and words[0] != "No" else "?")
        try:
            frame = frame.older()
        except gdb.error:
            break
    return names


with open(out, "w") as file:
    while breakpoints:
        try:
            gdb.execute("continue", to_string=True)
            at = int(gdb.parse_and_eval("(unsigned long)$pc"))
        except gdb.error:
            break  # the guest is gone
        if at not in hits:
            continue
        hits[at] += 1
        file.write("%x %s\n" % (at, ";".join(chain())))
        if hits[at] >= stops and at in breakpoints:
            breakpoints.pop(at).delete()
