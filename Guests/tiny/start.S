# Entry of the kernel: the multiboot header, a stack, and a call to kernel_main.

        .set    MULTIBOOT_MAGIC, 0x1badb002
        # Page-aligned modules (bit 0) and a memory map (bit 1).
        .set    MULTIBOOT_FLAGS, 0x3

        .section .multiboot, "a"
        .balign 4
        .long   MULTIBOOT_MAGIC
        .long   MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        .section .bss
        .balign 16
        .global boot_stack
boot_stack:
        .skip   32768
        .global boot_stack_end
boot_stack_end:

        # For debuggers, which unwind by it; nothing of it is loaded.
        .cfi_sections .debug_frame

        .text
        .global _start
        .type   _start, @function
_start:
        .cfi_startproc
        .cfi_undefined %eip
        cli
        cld
        movl    $boot_stack_end, %esp
        # A null frame pointer and return address end every walk up the stack here.
        xorl    %ebp, %ebp
        pushl   $0
        pushl   %ebp
        movl    %esp, %ebp
        pushl   %ebx
        pushl   %eax
        call    kernel_main
        .cfi_endproc
        .global halt_forever
        .type   halt_forever, @function
halt_forever:
        cli
1:      hlt
        jmp     1b
        .size   halt_forever, . - halt_forever
        .size   _start, halt_forever - _start
