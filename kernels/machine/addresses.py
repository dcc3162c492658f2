"""A compiled kernel as a function at an address, so that one parallel loop serves all kernels: the only LLVM IR here.

How Numba passes arguments and results is left to its `call_conv`.
"""

import llvmlite.binding
from llvmlite import ir
from numba import int64, types
from numba.core import cgutils
from numba.extending import intrinsic

_WORD = ir.IntType(64)
_FUNCTION = ir.FunctionType(_WORD, [_WORD, _WORD])  # (address of the arguments, chunk) -> 1 if it failed, else 0


@intrinsic
def call(typingctx, function, arguments):
    """Call the C function at an address, from whole numbers to a whole number."""

    def generate(context, builder, signature, values):
        given = cgutils.unpack_tuple(builder, values[1])
        pointer = ir.FunctionType(_WORD, [_WORD] * len(given)).as_pointer()
        return builder.call(builder.inttoptr(values[0], pointer), given)

    return int64(int64, arguments), generate


@intrinsic
def address_of(typingctx, arguments):
    """The address of a copy of a tuple, which lasts until the function that asks for it returns."""

    def generate(context, builder, signature, values):
        return builder.ptrtoint(cgutils.alloca_once_value(builder, values[0]), _WORD)

    return int64(arguments), generate


@intrinsic
def function_of(typingctx, one_chunk, arguments):
    """The address of a function that calls one_chunk(*arrays, chunk, n_chunks), for arguments = (*arrays, n_chunks)."""
    *arrays, n_chunks = arguments.types
    argtypes = (*arrays, int64, n_chunks)
    one_chunk.get_call_type(typingctx, argtypes, {})  # compiles it

    def generate(context, builder, signature, values):
        compiled = one_chunk.dispatcher.overloads[argtypes]
        context.add_linking_libs([compiled.library])
        function = ir.Function(builder.module, _FUNCTION, f"{builder.function.name}.one_chunk")
        function.linkage = "internal"
        inside = ir.IRBuilder(function.append_basic_block())
        at = inside.inttoptr(function.args[0], values[1].type.as_pointer())
        *given, count = cgutils.unpack_tuple(inside, inside.load(at))
        kernel = context.declare_function(builder.module, compiled.fndesc)
        given = [*given, function.args[1], count]
        status, _ = context.call_conv.call_function(inside, kernel, types.none, argtypes, given)
        inside.ret(inside.zext(status.is_error, _WORD))
        return builder.ptrtoint(function, _WORD)

    return int64(one_chunk, arguments), generate


def function_in_c(name: str):
    """A kernel's way to call the function `name` of C with a tuple of arguments: of an array, a pointer to its data,
    shape and strides (simd.h); of a whole number, a ptrdiff_t."""
    if llvmlite.binding.address_of_symbol(name) is None:
        raise ImportError(f"_simd has no {name}, since it is older than its C sources; run pip install again")

    @intrinsic
    def call_in_c(typingctx, arguments):
        def generate(context, builder, signature, values):
            values = cgutils.unpack_tuple(builder, values[0])
            given = [_in_c(context, builder, *pair) for pair in zip(arguments.types, values, strict=True)]
            function = ir.FunctionType(ir.VoidType(), [value.type for value in given])
            builder.call(cgutils.get_or_insert_function(builder.module, function, name), given)
            return context.get_dummy_value()

        return types.void(arguments), generate

    return call_in_c


def _in_c(context, builder, numba_type, value):
    if not isinstance(numba_type, types.Array):
        return value
    array = context.make_array(numba_type)(context, builder, value)
    return cgutils.alloca_once_value(builder, cgutils.pack_struct(builder, [array.data, array.shape, array.strides]))
