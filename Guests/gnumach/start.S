# Entry of the bootstrap task, and the kernel's traps.

        .text
        .global _start
        .type   _start, @function
_start:
        # On the stack, as a program finds it: the number of arguments, then the arguments.
        movl    %esp, %eax
        xorl    %ebp, %ebp
        andl    $-16, %esp
        leal    4(%eax), %ecx
        pushl   %ecx
        pushl   (%eax)
        call    bootstrap
        # bootstrap does not return.
        ud2
        .size   _start, . - _start

        # GNU Mach takes traps through call gate 7, with the trap's negative number in eax and the arguments where
        # a C call leaves them.
        .macro  trap name, number
        .global \name
        .type   \name, @function
\name:
        movl    $\number, %eax
        lcall   $7, $0
        ret
        .size   \name, . - \name
        .endm

        trap    mach_msg_trap, -25
        trap    mach_reply_port, -26
        trap    mach_task_self, -28

        .section .note.GNU-stack, "", @progbits
