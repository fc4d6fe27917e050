const encoder = new TextEncoder();

/** Text as it goes over the wire: UTF-8 (RFC 6120 11.6). */
export const encode = (text: string): Uint8Array => encoder.encode(text);
