import CElfutils

/// What an ELF file's program headers say.
extension ELFSymbols {
    /// Where a program begins, and its code in the file; nil for a file that is no program.
    /// - Throws: `GuestObserverError` of code `symbolsUnusable`.
    static func program(_ path: String) throws -> (entry: UInt64, code: [GuestProgram.Code])? {
        try withELF(path) { elf in
            var file = GElf_Ehdr()
            guard gelf_getehdr(elf, &file) != nil,
                file.e_type == UInt16(ET_EXEC) || file.e_type == UInt16(ET_DYN)
            else { return nil }
            let code = segments(elf).compactMap { segment -> GuestProgram.Code? in
                guard segment.p_flags & UInt32(PF_X) != 0, segment.p_filesz > 0 else { return nil }
                let (last, overflow) = segment.p_vaddr.addingReportingOverflow(segment.p_filesz - 1)
                return overflow
                    ? nil : .init(addresses: segment.p_vaddr...last, fileOffset: segment.p_offset)
            }
            return code.isEmpty ? nil : (file.e_entry, code)
        }
    }

    /// The parts that are loaded elsewhere than they are linked at; none for a file that is no ELF file.
    static func earlyCode(_ path: String) -> [KernelImage.Early] {
        let found = try? withELF(path) { elf in
            segments(elf).compactMap { segment -> KernelImage.Early? in
                let (last, overflow) = segment.p_paddr.addingReportingOverflow(max(segment.p_memsz, 1) - 1)
                guard segment.p_paddr != segment.p_vaddr, segment.p_memsz > 0, !overflow else { return nil }
                return .init(
                    first: segment.p_paddr, last: last, offset: segment.p_vaddr &- segment.p_paddr)
            }
        }
        return found ?? []
    }

    private static func segments(_ elf: OpaquePointer) -> [GElf_Phdr] {
        var count = 0
        guard elf_getphdrnum(elf, &count) == 0 else { return [] }
        return (0..<min(count, 1024)).compactMap { index in
            var segment = GElf_Phdr()
            guard gelf_getphdr(elf, Int32(index), &segment) != nil, segment.p_type == UInt32(PT_LOAD) else {
                return nil
            }
            return segment
        }
    }
}
