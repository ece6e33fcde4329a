/**
 * How long a connection may be silent before TCP asks whether the other side is still there, in milliseconds. Node asks ten
 * times, a second apart: a peer that vanished while nothing was on its way to it is found out within 25 s.
 */
export const TCP_KEEP_ALIVE_MS = 15_000
