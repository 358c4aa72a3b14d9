/** Certificates of outside CAs: ordered, renewed, revoked. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { list, oneOf, structure } from '../../../../platform/contract/shape.ts';
import { changeErrors, readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { NextToken } from '../shapes.ts';
import {
  atAuthority,
  example,
  KeyAlgorithm,
  Names,
  OUTSIDE_ID_EXAMPLE,
  OutsideCertificate,
  OutsideId,
  OutsideOrder,
  onOutsideAuthority,
  paged,
  pagination,
} from './shapes.ts';

/** Reasons that an ACME CA takes (RFC 5280 5.3.1, RFC 8555 7.6). */
export const OUTSIDE_REASONS = [
  'UNSPECIFIED',
  'KEY_COMPROMISE',
  'AFFILIATION_CHANGED',
  'SUPERSEDED',
  'CESSATION_OF_OPERATION',
] as const;

export const RequestOutsideCertificate = defineOperation({
  ...pca(),
  name: 'RequestOutsideCertificate',
  doc: 'Orders a certificate from an outside CA. Key and intent are stored first; the order is carried out from then on, also after a crash. The names are proven by http-01, answered by the PKI listener: port 80 of each name has to lead there. What is got is renewed until it is revoked.',
  input: structure({
    ...atAuthority,
    /** Host names. Wildcards need a proof by DNS, which is not offered. */
    Names,
    /** Default: EC_prime256v1. */
    KeyAlgorithm: KeyAlgorithm.optional(),
    /** How the names are proven. Default: http-01. */
    Challenge: oneOf(['http-01']).optional(),
  }),
  output: structure({ Order: OutsideOrder }),
  errors: changeErrors('InvalidArgs', 'LimitExceeded'),
  authz: onOutsideAuthority('RequestOutsideCertificate', ['acm-pca:SanDns', 'acm-pca:KeyType', 'acm-pca:KeyBits']),
  effect: 'write',
  examples: [{ title: 'for a web server', input: { ...example, Names: ['www.example.test', 'example.test'] } }],
});

const ofOrder = { ...atAuthority, OrderId: OutsideId };
const orderExample = { ...example, OrderId: OUTSIDE_ID_EXAMPLE };

export const DescribeOutsideOrder = defineOperation({
  ...pca(),
  name: 'DescribeOutsideOrder',
  doc: 'How far an order at an outside CA is, and what to do when it is stuck.',
  input: structure(ofOrder),
  output: structure({ Order: OutsideOrder }),
  errors: readErrors(),
  authz: onOutsideAuthority('DescribeOutsideOrder'),
  effect: 'read',
  examples: [{ title: 'by id', input: orderExample }],
});

export const ListOutsideOrders = defineOperation({
  ...pca(),
  name: 'ListOutsideOrders',
  doc: 'The orders at an outside CA, newest first.',
  input: structure({ ...atAuthority, ...paged }),
  output: structure({ Orders: list(OutsideOrder, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onOutsideAuthority('ListOutsideOrders'),
  effect: 'read',
  pagination,
  examples: [{ title: 'all', input: example }],
});

export const CancelOutsideOrder = defineOperation({
  ...pca(),
  name: 'CancelOutsideOrder',
  doc: 'Gives an order up, as long as the CA was not asked to issue. The key that was made for it is destroyed.',
  input: structure(ofOrder),
  output: structure({ Order: OutsideOrder }),
  errors: changeErrors(),
  authz: onOutsideAuthority('CancelOutsideOrder'),
  effect: 'write',
  examples: [{ title: 'by id', input: orderExample }],
});

const ofCertificate = { ...atAuthority, CertificateId: OutsideId };
const certificateExample = { ...example, CertificateId: OUTSIDE_ID_EXAMPLE };

export const DescribeOutsideCertificate = defineOperation({
  ...pca(),
  name: 'DescribeOutsideCertificate',
  doc: 'A certificate of an outside CA: its newest version, when it is renewed, and what to do when that failed.',
  input: structure(ofCertificate),
  output: structure({ Certificate: OutsideCertificate }),
  errors: readErrors(),
  authz: onOutsideAuthority('DescribeOutsideCertificate'),
  effect: 'read',
  examples: [{ title: 'by id', input: certificateExample }],
});

export const ListOutsideCertificates = defineOperation({
  ...pca(),
  name: 'ListOutsideCertificates',
  doc: 'The certificates of an outside CA, oldest first.',
  input: structure({ ...atAuthority, ...paged }),
  output: structure({ Certificates: list(OutsideCertificate, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onOutsideAuthority('ListOutsideCertificates'),
  effect: 'read',
  pagination,
  examples: [{ title: 'all', input: example }],
});

export const RenewOutsideCertificate = defineOperation({
  ...pca(),
  name: 'RenewOutsideCertificate',
  doc: 'Orders the next version of a certificate now, with a new key. It happens by itself when a third of the life is left, or when the CA suggests it (RFC 9773).',
  input: structure(ofCertificate),
  output: structure({ Order: OutsideOrder }),
  errors: changeErrors('LimitExceeded'),
  authz: onOutsideAuthority('RenewOutsideCertificate'),
  effect: 'write',
  examples: [{ title: 'by id', input: certificateExample }],
});

export const RevokeOutsideCertificate = defineOperation({
  ...pca(),
  name: 'RevokeOutsideCertificate',
  doc: 'Has the CA revoke the newest version of a certificate. It is not renewed from then on. The CA is asked until it answers.',
  input: structure({ ...ofCertificate, RevocationReason: oneOf(OUTSIDE_REASONS) }),
  output: structure({ Certificate: OutsideCertificate }),
  errors: changeErrors(),
  authz: onOutsideAuthority('RevokeOutsideCertificate'),
  effect: 'write',
  examples: [{ title: 'not needed any more', input: { ...certificateExample, RevocationReason: 'SUPERSEDED' } }],
});
