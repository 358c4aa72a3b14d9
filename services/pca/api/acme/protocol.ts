/** What ACME clients ask for, carried by the gateway as it came, and what is recorded of it. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { blob, integer, list, oneOf, structure, text } from '../../../../platform/contract/shape.ts';
import { pca } from '../service.ts';
import { Arn } from '../shapes.ts';
import { AcmeId } from './shapes.ts';

export const MAX_ACME_BODY = 65_536;
/** Below it stand the directories. */
export const ACME_PATH = '/acme/';

export const AnswerAcmeRequest = defineOperation({
  ...pca(),
  name: 'AnswerAcmeRequest',
  doc: 'Answers a request of an ACME client. The signature of the client is checked here, not where the request came in.',
  input: structure({
    Method: oneOf(['GET', 'HEAD', 'POST']),
    /** `https://` and the host the client asked. */
    Base: text(9, 300),
    /** As it was received. */
    Target: text(1, 2048),
    ContentType: text(0, 256),
    Body: blob(MAX_ACME_BODY, 0),
  }),
  output: structure({
    Status: integer(200, 599),
    Headers: list(structure({ Name: text(1, 64), Value: text(0, 8192) }), 0, 16),
    Body: blob(4_194_304, 0),
  }),
  authz: 'internal',
  effect: 'read',
  whileHeld: 'refused',
});

/** Never asked for: records of what clients changed, with the principal that their account acts for. */
const Record = structure({
  DirectoryArn: Arn,
  AcmeAccountId: AcmeId.optional(),
  OrderId: AcmeId.optional(),
  KeyId: AcmeId.optional(),
  /** RFC 7638. */
  KeyThumbprint: text(43, 43).optional(),
  Identifiers: list(text(1, 300), 0, 100).optional(),
  Challenge: text(1, 32).optional(),
  /** What came of it. */
  Outcome: text(0, 4096).optional(),
  CertificateArn: Arn.optional(),
});

function recorded<Name extends string>(name: Name, doc: string) {
  return defineOperation({ ...pca(), name, doc, input: Record, authz: 'internal', effect: 'write' });
}

export const AcmeRecords = {
  accountCreated: recorded('CreateAcmeAccount', 'An ACME account was opened.'),
  accountUpdated: recorded('UpdateAcmeAccount', 'The contacts of an ACME account were changed.'),
  accountClosed: recorded('CloseAcmeAccount', 'An ACME account was deactivated by its client.'),
  keyChanged: recorded('ChangeAcmeAccountKey', 'The key of an ACME account was changed.'),
  orderCreated: recorded('CreateAcmeOrder', 'Certificates were ordered by ACME.'),
  authorizationCreated: recorded('CreateAcmeAuthorization', 'An ACME client asked to prove a name before any order.'),
  authorizationEnded: recorded('EndAcmeAuthorization', 'The time of an ACME authorization without an order is over.'),
  challengeBegun: recorded('AnswerAcmeChallenge', 'An ACME client asked to be validated.'),
  challengeEnded: recorded('ValidateAcmeChallenge', 'It was looked at whether an ACME client controls a name.'),
  authorizationClosed: recorded('DeactivateAcmeAuthorization', 'An ACME authorization was given up by its client.'),
  orderFinalized: recorded('FinalizeAcmeOrder', 'The certificate of an ACME order was asked for.'),
  orderIssued: recorded('CompleteAcmeOrder', 'An ACME order has its certificate.'),
  orderReopened: recorded('ReopenAcmeOrder', 'An ACME order got no certificate and can be finalized again.'),
  orderEnded: recorded('EndAcmeOrder', 'An ACME order ended without a certificate.'),
} as const;
