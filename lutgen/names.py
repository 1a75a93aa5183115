"""Identifiers that C, C++, Verilog and file systems all accept."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lutgen import c_library
from lutgen.errors import UsageError

MAX_LENGTH = 63

_C = """
auto break case char const continue default do double else enum extern float for goto if inline
int long register restrict return short signed sizeof static struct switch typedef union unsigned
void volatile while
"""
_CPP = """
alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t class co_await
co_return co_yield compl concept const_cast consteval constexpr constinit decltype delete
dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public reinterpret_cast requires static_assert static_cast
template this thread_local throw true try typeid typename using virtual wchar_t xor xor_eq
"""
_VERILOG = """
accept_on alias always always_comb always_ff always_latch assert assign assume automatic before
begin bind bins binsof bit buf bufif0 bufif1 byte casex casez cell chandle checker clocking cmos
config constraint context cover covergroup coverpoint cross deassign defparam design disable dist
edge end endcase endchecker endclass endclocking endconfig endfunction endgenerate endgroup
endinterface endmodule endpackage endprimitive endprogram endproperty endsequence endspecify
endtable endtask event eventually expect extends final first_match force foreach forever fork
forkjoin function generate genvar global highz0 highz1 iff ifnone ignore_bins illegal_bins
implements implies import incdir include initial inout input inside instance integer interconnect
interface intersect join join_any join_none large let liblist library local localparam logic
longint macromodule matches medium modport module nand negedge nettype nexttime nmos nor
noshowcancelled notif0 notif1 null output package packed parameter pmos posedge primitive
priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect
pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref reg reject_on
release repeat restrict rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime
s_until s_until_with scalared sequence shortint shortreal showcancelled small soft solve specify
specparam static string strong strong0 strong1 super supply0 supply1 sync_accept_on
sync_reject_on table tagged task throughout time timeprecision timeunit tran tranif0 tranif1 tri
tri0 tri1 triand trior trireg type unique unique0 unsigned until until_with untyped use uwire var
vectored virtual void wait wait_order wand weak weak0 weak1 wildcard wire with within wor xnor
"""
VERILOG_KEYWORDS = frozenset(_VERILOG.split())
C_KEYWORDS = frozenset(f"{_C} {_CPP}".split())
_KEYWORDS = C_KEYWORDS | VERILOG_KEYWORDS

# The names that emitted functions and modules give their arguments, ports and what is inside.
_OWN = frozenset(["in", "out", "n", "x", "y", "a", "b", "clk", "en", "i", "whole", "std"])
_MACROS = "LUTGEN_"

# Windows takes these for devices, whatever follows after a point.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)


def in_lists(lists: Iterable[str]) -> tuple[str, ...]:
    """Return the names in comma lists, each once, in the order given."""
    return tuple(dict.fromkeys(name.strip() for text in lists for name in text.split(",")))


def check_identifier(argument: str, name: str) -> None:
    """Refuse a name that some target language or file system would not take.

    Args:
        argument: the option that brought the name, for the message.
        name: the identifier and file stem asked for.

    Raises:
        UsageError: not an ASCII identifier of at most 63 characters, or a reserved word.
    """
    advice = "use letters, digits and single underscores, such as ffn_gelu"
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name, re.ASCII):
        raise UsageError.about(argument, "must be an ASCII identifier", name, advice)
    if len(name) > MAX_LENGTH:
        raise UsageError.about(argument, f"must have at most {MAX_LENGTH} characters", name)
    if "__" in name or name.endswith("_"):
        raise UsageError.about(
            argument, "must not hold a double underscore or end with one (C++ keeps these)", name
        )
    is_own = name in _OWN or name.startswith(_MACROS)
    if name.lower() in _KEYWORDS or is_own or c_library.is_known(name):
        raise UsageError.about(argument, "is taken in C, C++ or Verilog", name, advice)
    if name.lower() in _DEVICES:
        raise UsageError.about(argument, "is a device's name on Windows", name, advice)
