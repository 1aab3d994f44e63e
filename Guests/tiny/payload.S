# The packed payload that the decompress phase unpacks; pack.c writes it at build time.

        .section .rodata
        .balign 16
        .global packed_payload
        .type   packed_payload, @object
packed_payload:
        .incbin "payload.packed"
        .global packed_payload_end
packed_payload_end:
        .size   packed_payload, . - packed_payload
