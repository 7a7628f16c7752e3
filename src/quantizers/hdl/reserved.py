"""Words that a name in a package must not be: those of the language, and names of packages that are used beside it."""

from __future__ import annotations

# IEEE 1076-2019, 15.10, what is none there any more, and a word of PSL that GHDL keeps
VHDL = frozenset(
    """
    abs access after alias all and architecture array assert assume assume_guarantee attribute begin block body buffer
    bus case component configuration constant context cover default disconnect downto else elsif end entity exit
    fairness file for force function generate generic group guarded if impure in inertial inherit inout is label
    library linkage literal loop map mod nand new next nor not null of on open or others out package parameter port
    postponed private procedure process property protected pure range record register reject release rem report
    restrict restrict_guarantee return rol ror select sequence severity shared signal sla sll sra srl strong subtype
    then to transport type unaffected units until use variable view vmode vpkg vprop vunit wait when while with xnor
    xor
    """.split()
)

# IEEE 1076-2008, 16.3, and ieee.std_logic_1164, numeric_std, fixed_float_types, fixed_generic_pkg: a name that two
# packages in use declare is no name, and one of the package's own hides the type that the next line needs
VHDL_PACKAGES = frozenset(
    """
    work ieee std fs ps ns us ms sec min hr
    ack add_carry append_mode bel binary_read binary_write bit bit_vector boolean boolean_vector bread bs bwrite can
    character copyrightnotice cr dc1 dc2 dc3 dc4 delay_length divide dle em enq eot error esc etb etx failure
    falling_edge false ff file_open_kind file_open_status find_leftmost find_rightmost fixed_float_types
    fixed_generic_pkg fixed_overflow_style_type fixed_pkg fixed_round fixed_round_style_type fixed_saturate
    fixed_truncate fixed_wrap foreign from_binary_string from_bstring from_hex_string from_hstring from_octal_string
    from_ostring from_string fsp gsp guard_bits hex_read hex_write hread ht hwrite integer integer_vector is_negative
    is_x left_index lf maximum minimum mode_error modulo nak name_error natural no_warning note now nul numeric_std
    octal_read octal_write open_ok oread overflow_style owrite positive read read_mode real real_vector reciprocal
    remainder resize resolved right_index rising_edge rotate_left rotate_right round_inf round_nearest round_neginf
    round_style round_type round_zero rsp saturate scalb severity_level sfix_high sfix_low sfixed sfixed_high sfixed_low
    shift_left shift_right si signed size so soh standard status_error std_logic std_logic_1164 std_logic_vector
    std_match std_ulogic std_ulogic_vector string stx sub syn time time_vector to_01 to_binary_string to_bit
    to_bit_vector to_bitvector to_bstring to_bv to_hex_string to_hstring to_integer to_octal_string to_ostring to_real
    to_sfix to_sfixed to_signed to_slv to_std_logic_vector to_std_ulogic_vector to_stdlogicvector to_stdulogic
    to_stdulogicvector to_string to_sulv to_ufix to_ufixed to_unsigned to_ux01 to_x01 to_x01z true u_sfixed u_signed
    u_ufixed u_unsigned ufix_high ufix_low ufixed ufixed_high ufixed_low universal_integer universal_real
    unresolved_sfixed unresolved_signed unresolved_ufixed unresolved_unsigned unsigned usp ux01 ux01z vt warning write
    write_mode x01 x01z xmap
    """.split()
)

# IEEE 1800-2017, annex B; `std` is its own package, 26.7; then Verilog-AMS, and a type
# of Icarus Verilog, which keep their words in these sources, too
SYSTEM_VERILOG = frozenset(
    """
    accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins
    binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const
    constraint context continue cover covergroup coverpoint cross deassign default defparam design disable dist do edge
    else end endcase endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule
    endpackage endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event eventually expect
    export extends extern final first_match for force foreach forever fork forkjoin function generate genvar global
    highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include initial inout input
    inside instance int integer interconnect interface intersect join join_any join_none large let liblist library
    local localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos nor
    noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive priority program
    property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
    randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0
    rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled
    signed small soft solve specify specparam static string strong strong0 strong1 struct super supply0 supply1
    sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1
    tri tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped use uwire var
    vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
    std bool abs abstol access acos acosh asin asinh atan atan2 atanh branch ceil connectmodule connectrules continuous
    cos cosh ddt_nature disciplines discipline discrete domain driver_update endconnectrules enddiscipline endnature
    endparamset exclude exp floor flow from ground hypot idt_nature inf ln log max merged min nature net_resolution
    paramset potential pow resolveto sin sinh split sqrt tan tanh units wone wreal
    """.split()
)
