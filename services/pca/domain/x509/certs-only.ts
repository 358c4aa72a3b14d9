/** A CMS message that carries certificates and signs nothing (RFC 5652 5.1, RFC 8551 3.8): a `.p7b` or `.p7c` file. */
import * as der from '../../../../platform/contract/der.ts';

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';

export function certsOnly(certificates: readonly Buffer[]): Buffer {
  const signedData = der.sequence(
    der.integer(1),
    der.setOf(),
    der.sequence(der.oid(DATA)),
    // [0] IMPLICIT SET OF: in the order of a set.
    der.contextConstructed(0, Buffer.concat([...certificates].sort(Buffer.compare))),
    der.setOf(),
  );
  return der.sequence(der.oid(SIGNED_DATA), der.contextConstructed(0, signedData));
}
