/** Virtual MFA devices: a seed that an authenticator app turns into six digits every thirty seconds (RFC 6238). */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  annotate,
  list,
  oneOf,
  secretBlob,
  secretText,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import {
  alreadyExists,
  deleteConflict,
  intoProject,
  invalidCode,
  invalidInput,
  limitExceeded,
  notFound,
  temporarilyUnmodifiable,
} from './errors.ts';
import { iamQuery, Path, pageInput, pageOutput, pagination, SerialNumber, Tags, User, UserName } from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery } as const;

const DeviceName = text(1, 128, { pattern: /^(?!\.{1,2}$)[A-Za-z0-9_+=,.@-]+$/ });
/** Secret until it is used, and of no use afterwards. */
const Code = secretText(6, 6);
const EXAMPLE_SERIAL = 'arn:aws:iam::123456789012:mfa/alice';

export const VirtualMfaDevice = annotate(
  structure({
    /** ARN. */
    SerialNumber,
    /** The seed in base32, as an app takes it. Shown once. */
    Base32StringSeed: secretBlob(256).optional(),
    /** PNG of `otpauth://totp/...` with the seed. Shown once. */
    QRCodePNG: secretBlob(65_536).optional(),
    User: User.optional(),
    EnableDate: timestamp().optional(),
    Tags: Tags.optional(),
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  { title: 'VirtualMFADevice' },
);

export const CreateVirtualMFADevice = defineOperation({
  ...shared,
  name: 'CreateVirtualMFADevice',
  doc: 'Makes a device that belongs to nobody yet, and shows its seed once.',
  input: structure({
    VirtualMFADeviceName: DeviceName,
    Path: Path.optional(),
    Tags: Tags.optional(),
    /** Default: the default project. The device stays in it, whoever it is given to. */
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ VirtualMFADevice: VirtualMfaDevice }),
  errors: { ...alreadyExists, ...limitExceeded, ...invalidInput, ...intoProject },
  authz: {
    action: 'iam:CreateVirtualMFADevice',
    resource: 'iam:mfa',
    conditions: ['aws:RequestTag/*', 'aws:TagKeys', 'parapet:EnterpriseProjectId'],
  },
  effect: 'write',
  examples: [{ title: 'for a phone', input: { VirtualMFADeviceName: 'alice' } }],
});

export const EnableMFADevice = defineOperation({
  ...shared,
  name: 'EnableMFADevice',
  doc: 'Gives a device to a user (without a name: to the caller, the root user included). Takes two consecutive codes.',
  input: structure({
    UserName: UserName.optional(),
    SerialNumber,
    AuthenticationCode1: Code,
    AuthenticationCode2: Code,
  }),
  errors: { ...notFound, ...alreadyExists, ...limitExceeded, ...invalidCode, ...temporarilyUnmodifiable },
  authz: { action: 'iam:EnableMFADevice', resource: 'iam:user', beyondProject: true },
  effect: 'write',
  examples: [
    {
      title: 'enable',
      input: {
        UserName: 'alice',
        SerialNumber: EXAMPLE_SERIAL,
        AuthenticationCode1: '492039',
        AuthenticationCode2: '110388',
      },
    },
  ],
});

export const ResyncMFADevice = defineOperation({
  ...shared,
  name: 'ResyncMFADevice',
  doc: 'Follows the clock of a device that runs fast or slow. Takes two consecutive codes.',
  input: structure({
    UserName: UserName.optional(),
    SerialNumber,
    AuthenticationCode1: Code,
    AuthenticationCode2: Code,
  }),
  errors: { ...notFound, ...invalidCode, ...temporarilyUnmodifiable },
  authz: { action: 'iam:ResyncMFADevice', resource: 'iam:user' },
  effect: 'write',
  examples: [
    {
      title: 'resynchronise',
      input: {
        UserName: 'alice',
        SerialNumber: EXAMPLE_SERIAL,
        AuthenticationCode1: '492039',
        AuthenticationCode2: '110388',
      },
    },
  ],
});

export const DeactivateMFADevice = defineOperation({
  ...shared,
  name: 'DeactivateMFADevice',
  doc: 'Takes a device from its user. Its codes are worth nothing from then on; sessions that exist go on.',
  input: structure({ UserName: UserName.optional(), SerialNumber }),
  errors: notFound,
  authz: { action: 'iam:DeactivateMFADevice', resource: 'iam:user', beyondProject: true },
  effect: 'write',
  examples: [{ title: 'deactivate', input: { UserName: 'alice', SerialNumber: EXAMPLE_SERIAL } }],
});

export const ListMFADevices = defineOperation({
  ...shared,
  name: 'ListMFADevices',
  doc: 'Lists the devices of a user (without a name: of the caller).',
  input: structure({ UserName: UserName.optional(), ...pageInput }),
  output: structure({
    MFADevices: list(
      annotate(structure({ UserName: UserName.optional(), SerialNumber, EnableDate: timestamp() }), {
        title: 'MFADevice',
      }),
      0,
      1000,
    ),
    ...pageOutput,
  }),
  errors: notFound,
  authz: { action: 'iam:ListMFADevices', resource: 'iam:user' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of alice', input: { UserName: 'alice' } }],
});

export const ListVirtualMFADevices = defineOperation({
  ...shared,
  name: 'ListVirtualMFADevices',
  doc: 'Lists the devices of the account and whose they are, without seeds.',
  input: structure({ AssignmentStatus: oneOf(['Assigned', 'Unassigned', 'Any']).optional(), ...pageInput }),
  output: structure({ VirtualMFADevices: list(VirtualMfaDevice, 0, 1000), ...pageOutput }),
  authz: { action: 'iam:ListVirtualMFADevices', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'in use', input: { AssignmentStatus: 'Assigned' } }],
});

export const DeleteVirtualMFADevice = defineOperation({
  ...shared,
  name: 'DeleteVirtualMFADevice',
  doc: 'Deletes a device that belongs to nobody.',
  input: structure({ SerialNumber }),
  errors: { ...notFound, ...deleteConflict },
  authz: {
    action: 'iam:DeleteVirtualMFADevice',
    resource: 'iam:mfa',
    conditions: ['aws:ResourceTag/*', 'parapet:EnterpriseProjectId'],
  },
  effect: 'write',
  examples: [{ title: 'delete', input: { SerialNumber: EXAMPLE_SERIAL } }],
});
