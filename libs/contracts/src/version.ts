/** Of the whole of Gatehouse: all its packages carry the same. */
export const version = '0.1.0';
