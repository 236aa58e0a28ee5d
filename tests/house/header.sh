# The public header compiles alone, as C11 and as C++.
echo '#include <quadrat.h>' > alone.c
cp alone.c alone.cc
"$CC" -std=c11 -Wall -Wextra -Werror -pedantic -I"$SOURCE/include" -fsyntax-only alone.c
"$CC" -x c++ -Wall -Wextra -Werror -pedantic -I"$SOURCE/include" -fsyntax-only alone.cc 2> messages || {
    grep -q 'cc1plus' messages && exit 77 # no C++ compiler is installed
    cat messages && exit 1
}
