/** What outside CAs ask the PKI listener, and records of what happens without a request. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { list, structure, text } from '../../../../platform/contract/shape.ts';
import { pca } from '../service.ts';
import { Arn } from '../shapes.ts';
import { OutsideId } from './shapes.ts';

export const GetOutsideProof = defineOperation({
  ...pca(),
  name: 'GetOutsideProof',
  doc: 'What proves a name to an outside CA by http-01, for a token of an order that is under way.',
  input: structure({ Token: text(22, 256, { pattern: /^[A-Za-z0-9_-]+$/ }) }),
  output: structure({ KeyAuthorization: text(1, 400).optional() }),
  authz: 'internal',
  effect: 'read',
});

/** Never asked for. */
const Record = structure({
  OutsideAuthorityArn: Arn,
  OrderId: OutsideId.optional(),
  CertificateArn: Arn.optional(),
  Names: list(text(1, 255), 0, 100).optional(),
  AccountUrl: text(1, 2048).optional(),
  SerialNumber: text(1, 80).optional(),
  /** What came of it. */
  Outcome: text(0, 2048).optional(),
});

function recorded<Name extends string>(name: Name, doc: string) {
  return defineOperation({ ...pca(), name, doc, input: Record, authz: 'internal', effect: 'write' });
}

export const OutsideRecords = {
  registered: recorded(
    'RegisterOutsideAccount',
    'An account was opened at an outside CA, or its contacts were changed.',
  ),
  forgotten: recorded('ForgetOutsideAccount', 'An outside CA does not know our account any more.'),
  renewalBegun: recorded('BeginOutsideRenewal', 'The next version of a certificate was ordered from an outside CA.'),
  placed: recorded('PlaceOutsideOrder', 'An order was placed at an outside CA.'),
  answering: recorded('AnswerOutsideChallenge', 'The names of an order are being proven to an outside CA.'),
  finalizing: recorded('FinalizeOutsideOrder', 'An outside CA is asked to issue.'),
  issued: recorded('CompleteOutsideOrder', 'An outside CA issued a certificate; it was checked and is kept.'),
  failed: recorded('FailOutsideOrder', 'An order at an outside CA ended without a certificate.'),
  delayed: recorded('DelayOutsideOrder', 'An outside CA could not carry an order out yet; it is tried again.'),
  revoked: recorded('CompleteOutsideRevocation', 'An outside CA revoked a certificate.'),
  notRevoked: recorded('FailOutsideRevocation', 'An outside CA did not revoke a certificate.'),
} as const;
