# The entries of exceptions and interrupts: each saves what the machine had and calls C with the whole frame.
#
# All vectors push the same frame (struct interrupt_frame in tiny.h): a zero stands in where the processor
# pushes no error code. The frame pointer is set up as a C function would, so that a walk along frame pointers
# goes from the handler through this entry into what was interrupted.

        # Debuggers unwind by this. In .eh_frame, unlike in .debug_frame, it can say that what it returns to was
        # interrupted and not calling, on which the caller of a function's last instruction hangs.
        .cfi_sections .eh_frame

        .text
        .balign 16
        .global interrupt_entries
        .type   interrupt_entries, @function
interrupt_entries:
        .set    vector, 0
        .rept   48
        .balign 16
        .if     (vector != 8) && (vector < 10 || vector > 14) && (vector != 17)
        pushl   $0
        .endif
        pushl   $vector
        jmp     interrupt_common
        .set    vector, vector + 1
        .endr
        .size   interrupt_entries, . - interrupt_entries

        .global interrupt_common
        .type   interrupt_common, @function
interrupt_common:
        .cfi_startproc simple
        .cfi_signal_frame
        # On the stack: vector, error code, eip, cs, eflags.
        .cfi_def_cfa esp, 20
        .cfi_offset eip, -12
        pushl   %ebp
        .cfi_def_cfa_offset 24
        .cfi_offset ebp, -24
        pushl   %eax
        .cfi_adjust_cfa_offset 4
        pushl   %ecx
        .cfi_adjust_cfa_offset 4
        pushl   %edx
        .cfi_adjust_cfa_offset 4
        pushl   %ebx
        .cfi_adjust_cfa_offset 4
        pushl   %esi
        .cfi_adjust_cfa_offset 4
        pushl   %edi
        .cfi_adjust_cfa_offset 4
        movl    %esp, %esi
        # What was interrupted, as the caller: its address, then its frame pointer.
        pushl   36(%esi)
        .cfi_adjust_cfa_offset 4
        pushl   %ebp
        .cfi_adjust_cfa_offset 4
        movl    %esp, %ebp
        cld
        pushl   %esi
        .cfi_adjust_cfa_offset 4
        call    handle_interrupt
        addl    $12, %esp
        .cfi_adjust_cfa_offset -12
        popl    %edi
        .cfi_adjust_cfa_offset -4
        popl    %esi
        .cfi_adjust_cfa_offset -4
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        popl    %edx
        .cfi_adjust_cfa_offset -4
        popl    %ecx
        .cfi_adjust_cfa_offset -4
        popl    %eax
        .cfi_adjust_cfa_offset -4
        popl    %ebp
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebp
        # Vector and error code.
        addl    $8, %esp
        .cfi_adjust_cfa_offset -8
        iret
        .cfi_endproc
        .size   interrupt_common, . - interrupt_common
