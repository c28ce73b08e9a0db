# Counts what each class of C++ sources holds, as clang-format lays them out: a line for each with
# its functions (but those that are deleted or defaulted), its data members, its name and place.
# Text is all that is looked at: declarations begin 4 columns further in than their class.

FNR == 1 {
    depth = 0
    statement = pending = ""
}
{ sub(/ *\/\/.*/, "") }
/^ *$/ || /^#/ { next }
{
    match($0, /^ */)
    indent = RLENGTH
    text = substr($0, indent + 1)
    if (pending != "") {  # a class whose bases take more lines
        if (text ~ /[{]$/) begin_class(pending, pending_indent)
        next
    }
    if (depth > 0 && indent <= outer[depth] && text ~ /^}/) {
        end_statement()
        end_class()
        next
    }
    if (depth > 0 && indent > outer[depth] + 4) {  # the rest of a declaration
        if (statement != "") statement = statement " " text
        next
    }
    end_statement()
    if (text ~ /^(template <.*> ?)?(class|struct) [^;]*[{]$/)
        begin_class(text, indent)
    else if (text ~ /^(class|struct) [^;]*[,:]$/) {
        pending = text
        pending_indent = indent
    } else
        statement = text
}

function begin_class(head, at) {
    sub(/^(template <.*> ?)?(class|struct) /, "", head)
    sub(/[ :{].*/, "", head)
    ++depth
    name[depth] = head
    place[depth] = FILENAME ":" FNR
    outer[depth] = at
    functions[depth] = members[depth] = 0
    pending = ""
}

function end_class() {
    print functions[depth], members[depth], name[depth], place[depth]
    --depth
}

function end_statement(    plain) {
    plain = statement
    statement = ""
    if (plain == "" || depth == 0) return
    while (gsub(/<[^<>]*>/, "", plain)) {}
    gsub(/(\[\[[a-z:, ]*\]\]|alignas\([^)]*\)|mutable|inline|explicit|virtual|constexpr) /, "", plain)
    if (plain ~ /^(using|friend|typedef|static_assert|enum|class|struct|union) ?/) return
    if (plain ~ /= (delete|default);/ || plain ~ /^(public|protected|private):/) return
    if (plain ~ /^[^={]*(operator|\()/)
        ++functions[depth]
    else if (plain ~ /;$/ && plain !~ /^static /)
        ++members[depth]
}
