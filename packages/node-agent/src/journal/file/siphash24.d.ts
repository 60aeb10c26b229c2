declare module 'siphash24' {
  /** SipHash-2-4 of `data` under the 16 bytes of `key`: 8 bytes, little-endian. */
  function siphash24(data: Uint8Array, key: Uint8Array, out?: Uint8Array): Uint8Array;
  export default siphash24;
}
