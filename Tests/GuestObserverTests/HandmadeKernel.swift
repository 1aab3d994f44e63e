import Foundation

/// A multiboot kernel of a few instructions, assembled here, of which every count is known beforehand.
enum HandmadeKernel {
    /// Where its first instruction lies.
    static let entry: UInt64 = 0x100020
    /// The instructions that write one byte.
    static let instructionsPerByte: UInt64 = 6
    /// Where it goes when it has written everything.
    static let end: UInt64 = 0x100031
    /// What makes QEMU leave when the kernel is done, so that nothing waits for a time limit.
    static let exitDevice = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]

    private static var header: [UInt8] {
        let load: UInt32 = 0x100000
        let magic: UInt32 = 0x1bad_b002
        let flags: UInt32 = 0x10000
        // The last fields say where it lies, where loading begins and ends, and where to enter.
        let words = [magic, flags, 0 &- magic &- flags, load, load, 0, 0, load + 0x20]
        return words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    /// Calls: `main` calls `outer` ten times, which calls `inner` twice and jumps to `tail`; then it leaves.
    static var calling: [UInt8] {
        var image = header
        image += [0xbc, 0x00, 0x00, 0x20, 0x00]  // main: mov $0x200000, %esp
        image += [0xb9, 0x0a, 0x00, 0x00, 0x00]  // mov $10, %ecx
        image += [0xe8, 0x08, 0x00, 0x00, 0x00]  // again: call outer
        image += [0x49, 0x75, 0xf8]  // dec %ecx; jnz again
        image += [0xe6, 0xf4, 0xf4, 0xeb, 0xfd]  // end: out %al, $0xf4; hlt; jmp to it
        image += [0xe8, 0x07, 0x00, 0x00, 0x00]  // outer: call inner
        image += [0xe8, 0x02, 0x00, 0x00, 0x00]  // call inner
        image += [0xeb, 0x03]  // jmp tail
        image += [0x90, 0x90, 0xc3]  // inner: nop; nop; ret
        image += [0x90, 0xc3]  // tail: nop; ret
        return image
    }
    /// Where `calling` leaves.
    static let callingEnd: UInt64 = 0x100032
    /// The functions of `calling`.
    static let callingSymbols = """
        00100020 T main
        00100037 T outer
        00100043 t inner
        00100046 t tail

        """

    /// Calls: `main` calls `recurse`, which calls itself until there are `depth` of it, and once more for one alone.
    static func recursing(depth: UInt32) -> [UInt8] {
        var image = header
        image += [0xbc, 0x00, 0x00, 0x20, 0x00]  // main: mov $0x200000, %esp
        image += [0xb9] + littleEndian(depth)  // mov $depth, %ecx
        image += [0xe8, 0x0f, 0x00, 0x00, 0x00]  // call recurse
        image += [0xb9, 0x01, 0x00, 0x00, 0x00]  // mov $1, %ecx
        image += [0xe8, 0x05, 0x00, 0x00, 0x00]  // call recurse
        image += [0xe6, 0xf4, 0xf4, 0xeb, 0xfd]  // end: out %al, $0xf4; hlt; jmp to it
        image += [0x49, 0x74, 0x05]  // recurse: dec %ecx; jz out
        image += [0xe8, 0xf8, 0xff, 0xff, 0xff]  // call recurse
        image += [0xc3]  // out: ret
        return image
    }
    /// Where `recursing` leaves.
    static let recursingEnd: UInt64 = 0x100039
    /// The functions of `recursing`.
    static let recursingSymbols = """
        00100020 T main
        0010003e t recurse

        """

    /// Calls in every order: `left` and `right` each call `left` and then `right`, until there are `depth` of them,
    /// so that there are two to the power of `depth` ways to be called, but one.
    static func branching(depth: UInt32) -> [UInt8] {
        var image = header
        image += [0xbc, 0x00, 0x00, 0x20, 0x00]  // main: mov $0x200000, %esp
        image += [0xb9] + littleEndian(depth)  // mov $depth, %ecx
        image += [0xe8, 0x05, 0x00, 0x00, 0x00]  // call left
        image += [0xe6, 0xf4, 0xf4, 0xeb, 0xfd]  // end: out %al, $0xf4; hlt; jmp to it
        image += [0x49, 0x74, 0x0a]  // left: dec %ecx; jz out
        image += [0xe8, 0xf8, 0xff, 0xff, 0xff]  // call left
        image += [0xe8, 0x02, 0x00, 0x00, 0x00]  // call right
        image += [0x41, 0xc3]  // out: inc %ecx; ret
        image += [0x49, 0x74, 0x0a]  // right: dec %ecx; jz out
        image += [0xe8, 0xe9, 0xff, 0xff, 0xff]  // call left
        image += [0xe8, 0xf3, 0xff, 0xff, 0xff]  // call right
        image += [0x41, 0xc3]  // out: inc %ecx; ret
        return image
    }
    /// Where `branching` leaves.
    static let branchingEnd: UInt64 = 0x10002f
    /// The functions of `branching`.
    static let branchingSymbols = """
        00100020 T main
        00100034 t left
        00100043 t right

        """

    private static func littleEndian(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    /// Writes the bytes of `text` to the first serial port, then leaves QEMU, or halts where it cannot.
    /// Does `idleTurns` instructions of nothing before, at most 100.
    static func writing(_ text: String, idleTurns: Int = 0) -> [UInt8] {
        var image = header
        image += [UInt8](repeating: 0x90, count: idleTurns)  // nop
        image += [0xbe, 0x36 + UInt8(idleTurns), 0x00, 0x10, 0x00]  // mov $text, %esi
        image += [0xac]  // next: lods (%esi), %al
        image += [0x84, 0xc0, 0x74, 0x07]  // test %al, %al; jz end
        image += [0x66, 0xba, 0xf8, 0x03]  // mov $0x3f8, %dx
        image += [0xee, 0xeb, 0xf4]  // out %al, (%dx); jmp next
        image += [0xe6, 0xf4]  // end: out %al, $0xf4
        image += [0xf4, 0xeb, 0xfd]  // hlt; jmp to it
        return image + Array(text.utf8) + [0]
    }

    /// Writes the letters of `text` to the first serial port, by every instruction that can, from several addresses: the
    /// first two by OUT, then one by a word that reaches the next port too, then one by OUTS, the rest by REP OUTS.
    /// Before, it sets the port's speed and lets it hear itself, by outputs to the same port that send nothing, and
    /// writes to another port a hundred times.
    static func writingInManyWays(_ text: String) -> [UInt8] {
        func out(_ value: UInt8, to port: UInt16) -> [UInt8] {
            // mov $port, %dx; mov $value, %al; out %al, (%dx)
            [0x66, 0xba, UInt8(port & 0xff), UInt8(port >> 8), 0xb0, value, 0xee]
        }
        let letters = Array(text.utf8)
        var code: [UInt8] = [0xfc]  // cld
        code += out(0x80, to: 0x3fb) + out(1, to: 0x3f8) + out(0, to: 0x3f9)
        code += [0x66, 0xba, 0xf8, 0x03, 0x66, 0xb8, 0x01, 0x00, 0x66, 0xef]  // mov, mov, out %ax
        code += out(3, to: 0x3fb) + out(0x10, to: 0x3fc) + out(0x4c, to: 0x3f8) + out(0, to: 0x3fc)
        code += [0xb9, 0x64, 0x00, 0x00, 0x00, 0xe6, 0x80, 0xe2, 0xfc]  // mov; out, loop
        code += out(letters[0], to: 0x3f8) + [0xb0, letters[1], 0xee]  // mov, out %al
        code += [0x66, 0xb8, letters[2], 0x00, 0x66, 0xef]  // mov, out %ax
        let rest = UInt8(letters.count - 4)
        let address = UInt8(0x20 + code.count + 18)
        code += [0xbe, address, 0x00, 0x10, 0x00]  // mov $rest of the text, %esi
        code += [0x6e, 0xb9, rest, 0x00, 0x00, 0x00, 0xf3, 0x6e]  // outsb; mov; rep outsb
        code += [0xe6, 0xf4, 0xf4, 0xeb, 0xfd]  // end: out %al, $0xf4; hlt; jmp to it
        return header + code + letters.dropFirst(3)
    }

    /// Writes the kernel to a folder. Returns its path.
    static func write(_ image: [UInt8], in folder: String) throws -> String {
        let path = folder + "/handmade.kernel"
        try Data(image).write(to: URL(fileURLWithPath: path))
        return path
    }
}
