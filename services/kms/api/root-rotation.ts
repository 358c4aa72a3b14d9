/** The root keys of the HSM, which belong to the whole installation: only its management account may ask for these. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, flag, integer, list, oneOf, structure, text } from '../../../platform/contract/shape.ts';
import { managementErrors } from './errors.ts';

const RootVersion = integer(1, 999_999);
const COUNT = integer(0, Number.MAX_SAFE_INTEGER);

export const ROOT_VERSION_STATES = ['Adding', 'InForce', 'InUse', 'Unused', 'Retiring', 'Retired'] as const;
export const ROTATION_STATES = ['Idle', 'Adding', 'Renewing', 'Retiring'] as const;

const RootToken = annotate(
  structure({
    Label: text(0, 64),
    Serial: text(0, 64),
    State: oneOf(['ready', 'unavailable']),
    /** Why it is unavailable. */
    Reason: text(1, 512).optional(),
    /** New keys are wrapped by this one; as last seen while the token is unavailable. */
    RootVersion,
    /** All that the token holds, oldest first; absent while it is unavailable. */
    RootVersions: list(RootVersion, 1, 1000).optional(),
  }),
  { title: 'RootToken' },
);

const RootVersionEntry = annotate(
  structure({
    RootVersion,
    /**
     * Adding: being made in every token. InForce: a token wraps by it. InUse: something stored may need it. Unused:
     * nothing needs it, it may be retired. Retiring: about to be destroyed. Retired: destroyed.
     */
    State: oneOf(ROOT_VERSION_STATES),
  }),
  { title: 'RootVersionEntry' },
);

const RootRotationStep = annotate(
  structure({
    /** The service that stores the rows. */
    Service: text(1, 32),
    Step: text(1, 128),
    /** waiting: not begun for the root keys now in force. */
    State: oneOf(['waiting', 'running', 'done']),
    Total: COUNT,
    Seen: COUNT,
    Renewed: COUNT,
    /** Rows that do not verify: nobody of ours wrote them. The log of the service names them. */
    Refused: COUNT,
    Left: COUNT,
  }),
  { title: 'RootRotationStep' },
);

const state = {
  State: oneOf(ROTATION_STATES),
  Tokens: list(RootToken, 1, 2),
  Versions: list(RootVersionEntry, 1, 1000),
  Steps: list(RootRotationStep, 0, 100),
};

const refused = { RootRotationRefused: { status: 409, doc: 'The state of the root keys does not permit this.' } };
const errors = { ...managementErrors(), ...refused };

export const StartRootRotation = defineOperation({
  name: 'StartRootRotation',
  service: 'kms',
  doc: 'Makes root keys of the next version in every token of the HSM and renews what is wrapped by older ones, in the background. Management account only.',
  input: structure({
    /** Says what would be done, and changes nothing. */
    DryRun: flag().optional(),
  }),
  output: structure({
    /** The version that is made, or would be. */
    RootVersion,
    DryRun: flag(),
    /** MACs come from another key afterwards, once: temporary credentials and page tokens of before end. */
    EndsSessions: flag(),
    Tokens: state.Tokens,
    Steps: state.Steps,
  }),
  errors,
  authz: { action: 'kms:StartRootRotation', resource: '*' },
  effect: 'write',
  audit: { class: 'management' },
  examples: [{ title: 'what it would do', input: { DryRun: true } }],
});

export const DescribeRootRotation = defineOperation({
  name: 'DescribeRootRotation',
  service: 'kms',
  doc: 'Root keys of the HSM by version and token, which of them are in use, and how far the renewal is in each service. Management account only.',
  input: structure({}),
  output: structure(state),
  errors,
  authz: { action: 'kms:DescribeRootRotation', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'where it is', input: {} }],
});

export const RetireRootVersion = defineOperation({
  name: 'RetireRootVersion',
  service: 'kms',
  doc: 'Destroys the root keys of a version that nothing uses any more, in every token, for good. Refused while anything may need them. Management account only.',
  input: structure({
    RootVersion,
    /** `destroy root version N`, with the number: backups of the database from before the renewal open with it only. */
    Confirmation: text(1, 64).optional(),
    /** Says whether it could be done, and changes nothing. */
    DryRun: flag().optional(),
  }),
  output: structure({ RootVersion, DryRun: flag(), State: oneOf(ROOT_VERSION_STATES) }),
  errors,
  authz: { action: 'kms:RetireRootVersion', resource: '*' },
  effect: 'write',
  audit: { class: 'management' },
  examples: [{ title: 'the first one', input: { RootVersion: 1, Confirmation: 'destroy root version 1' } }],
});

/** What the records of the work in the background name: done by kms itself, asked for by nobody. */
export const CompleteRootRotation = defineOperation({
  name: 'CompleteRootRotation',
  service: 'kms',
  doc: 'Root keys of a version are in every token, or in none any more.',
  input: structure({ RootVersion, State: oneOf(ROOT_VERSION_STATES) }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
});
