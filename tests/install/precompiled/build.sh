#!/bin/sh
# build.sh SOURCE FOLDER COMPILER…: compiles a user's precompiled header, which is beside the source,
# and the source with it, in a fresh folder, without a warning.
set -eu
source=$1
folder=$2
shift 2
rm -rf -- "$folder"
mkdir -p -- "$folder"
cp -- "$(dirname -- "$source")/headers.hpp" "$folder"
set -- "$@" -Wall -Wextra -Werror
"$@" -x c++-header "$folder/headers.hpp" -o "$folder/headers.hpp.gch"
"$@" -Winvalid-pch -include "$folder/headers.hpp" -fsyntax-only "$source"
