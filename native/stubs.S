/*
 * One function for every symbol of cublas-symbols.h: it jumps to the function of libcublas.so.13 that
 * relumax_cublas_table holds for it. Registers and stack stay as the caller left them, so a stub need
 * not know its function's arguments. Where the table holds nothing, forward.c makes the answer.
 * %r11 is the register that the x86-64 calling convention leaves to such code.
 */
        .text
        .hidden relumax_cublas_table
        .hidden relumax_cublas_refuse
        .set    index, 0

        .macro  stub name
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        movq    relumax_cublas_table + 8 * index(%rip), %r11
        testq   %r11, %r11
        jz      0f
        jmpq    *%r11
0:      movl    $index, %edi
        jmp     relumax_cublas_refuse
        .size   \name, . - \name
        .set    index, index + 1
        .endm

#define FORWARD(name) stub name
#include "cublas-symbols.h"
#undef FORWARD

        .section .note.GNU-stack, "", @progbits
