"""The names of the C library, which compilers and its headers know; ``is_known`` tells them.

Compilers warn of a function with such a name even where no header is included, and a macro of that
name breaks the file that uses it.
"""

from __future__ import annotations

import re

_FUNCTIONS = """
abs labs llabs acos asin atan atan2 cos cosh exp exp2 expm1 fabs floor ceil fmod fmin fmax frexp
ldexp log log10 log1p log2 logb modf pow round lround rint lrint sin sinh sqrt tan tanh asinh
acosh atanh cbrt erf erfc hypot lgamma tgamma trunc remainder nan nearbyint copysign nextafter
scalbn cabs cacos cacosh carg casin casinh catan catanh ccos ccosh cexp cimag clog clog10 conj
cpow cproj creal csin csinh csqrt ctan ctanh drem exp10 fdim finite fma gamma ilogb isinf isnan j0
j1 jn llrint llround nexttoward pow10 remquo roundeven scalb scalbln signbit significand sincos y0
y1 yn
"""
_MATHEMATICS = frozenset(_FUNCTIONS.split())
"""Functions of double; those of other types have f, l, f32, f64x and the like at their ends."""

_OTHER_NAMES = """
main NULL abort exit atexit malloc calloc realloc free memcpy memmove memset memcmp memchr strlen
strcpy strcat strcmp strchr printf fprintf sprintf puts putchar getchar fopen fclose fread fwrite
scanf isalpha isdigit isspace toupper tolower time clock signal raise rand srand qsort bsearch div
ldiv stdint stddef CLOCKS_PER_SEC HUGE_VAL HUGE_VALF HUGE_VALL L_tmpnam TIME_UTC aligned_alloc
alloca asctime atof atoi atol bcmp bcopy bzero clearerr complex ctime dcgettext dgettext difftime
errno execl execle execlp execv execve execvp feclearexcept fegetenv fegetexceptflag fegetround
feholdexcept feof feraiseexcept ferror fesetenv fesetexceptflag fesetround fetestexcept
feupdateenv fflush ffs fgetc fgetpos fgets fpclassify fputc fputc_unlocked fputs fputs_unlocked
freopen fscanf fseek fsetpos ftell fwrite_unlocked getc getenv gettext gmtime imaxabs imaxdiv
index isalnum isascii isblank iscntrl isgraph isgreater isgreaterequal isless islessequal
islessgreater islower isprint ispunct isunordered isupper iswalnum iswalpha iswblank iswcntrl
iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit isxdigit lgamma_r
lgammaf_r lgammal_r linux lldiv localeconv localtime longjmp math_errhandling mblen mbstowcs
mbtowc mempcpy mktime offsetof perror posix_memalign putc putc_unlocked putchar_unlocked
quick_exit remove rename rewind rindex setbuf setjmp setlocale setvbuf snprintf sscanf stderr
stdin stdout stpcpy stpncpy strcasecmp strcoll strcspn strdup strerror strfmon strftime
strncasecmp strncat strncmp strncpy strndup strnlen strpbrk strrchr strspn strstr strtod strtof
strtoimax strtok strtol strtold strtoll strtoull strtoul ffsl ffsll i386 strtoumax strxfrm system
timespec_get tmpfile tmpnam toascii towlower towupper ungetc unix va_arg va_copy va_start vfprintf
vfscanf vprintf vscanf vsnprintf vsprintf vsscanf wcstoimax wcstombs wcstoumax wctomb BUFSIZ CMPLX
CMPLXF CMPLXL E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EADV EAFNOSUPPORT EAGAIN EALREADY EBADE EBADF
EBADFD EBADMSG EBADR EBADRQC EBADSLT EBFONT EBUSY ECANCELED ECHILD ECHRNG ECOMM ECONNABORTED
ECONNREFUSED ECONNRESET EDEADLK EDEADLOCK EDESTADDRREQ EDOM EDOTDOT EDQUOT EEXIST EFAULT EFBIG
EHOSTDOWN EHOSTUNREACH EHWPOISON EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR EISNAM
EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC EL3HLT EL3RST ELIBACC ELIBBAD ELIBEXEC
ELIBMAX ELIBSCN ELNRNG ELOOP EMEDIUMTYPE EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENAVAIL
ENETDOWN ENETRESET ENETUNREACH ENFILE ENOANO ENOBUFS ENOCSI ENODATA ENODEV ENOENT ENOEXEC ENOKEY
ENOLCK ENOLINK ENOMEDIUM ENOMEM ENOMSG ENONET ENOPKG ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS
ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTNAM ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY ENOTUNIQ ENXIO
EOF EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE
ERANGE EREMCHG EREMOTE EREMOTEIO ERESTART ERFKILL EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH
ESRMNT ESTALE ESTRPIPE ETIME ETIMEDOUT ETOOMANYREFS ETXTBSY EUCLEAN EUNATCH EUSERS EWOULDBLOCK
EXDEV EXFULL I INFINITY NAN SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL
SIGINT SIGIO SIGIOT SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT SIGRTMAX SIGRTMIN SIGSEGV
SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM
SIGWINCH SIGXCPU SIGXFSZ
"""
_OTHERS = frozenset(_OTHER_NAMES.split())

_SUFFIXES = ("f", "l", "f32", "f32x", "f64", "f64x", "f128")

_INTEGER = r"(8|16|32|64|MAX|PTR|_?(LEAST|FAST)(8|16|32|64))"
_TYPES = (
    r"u?int(_least|_fast)?(8|16|32|64)_t|u?int(max|ptr)_t|(s?size|ptrdiff|max_align|time|div)_t"
)
# Limits of stdint.h, limits.h and float.h, formats of inttypes.h.
_MACROS = (
    rf"U?INT{_INTEGER}?_(MIN|MAX|C)|(PRI|SCN)[dioxXu]{_INTEGER}"
    r"|(SIZE|PTRDIFF|WCHAR|WINT|SIG_ATOMIC|[SU]?CHAR|U?SHRT|U?L?LONG|RAND|TMP|FOPEN|FILENAME)"
    r"_(MIN|MAX|BIT)|(FLT|DBL|LDBL|DECIMAL|FP|FE|LC|SEEK|EXIT|M|MATH|SIG|MB)_[A-Z0-9_]+"
)


def is_known(name: str) -> bool:
    """Return whether a name is one of the C library's."""
    if name in _OTHERS or name in _MATHEMATICS:
        return True
    if any(name.removesuffix(suffix) in _MATHEMATICS for suffix in _SUFFIXES):
        return True
    # Most names are neither, and need no pattern to be compiled.
    pattern = _TYPES if name.endswith("_t") else _MACROS if name[0].isupper() else None
    return pattern is not None and re.fullmatch(pattern, name) is not None
