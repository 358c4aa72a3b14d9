/**
 * Certificates from elsewhere are brought here. A private key is opened, compared with the certificate, made to sign, and
 * sealed; what was in the clear is zeroed before anything is answered, whatever comes of it.
 */
import { toPem } from '../../../../platform/contract/der.ts';
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { InputOf, OutputOf } from '../../../../platform/contract/operation.ts';
import { addTags, tagMap, tagsColumn } from '../../../../platform/contract/tags.ts';
import { type AuthorizationTarget, type Change, change, implementFor } from '../../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { UploadCertificate, UploadCertificateVersion } from '../../api/scm/uploads.ts';
import type { PcaDeps } from '../../deps.ts';
import { authorityArn, certificateArn } from '../../domain/authority-ref.ts';
import { MAX_KEPT_CERTIFICATES_PER_ACCOUNT } from '../../domain/limits.ts';
import { Pkcs12Problem } from '../../domain/pkcs12/problem.ts';
import { readPkcs12 } from '../../domain/pkcs12/read.ts';
import { keptArn } from '../../domain/scm/certificate-ref.ts';
import { fingerprintOf } from '../../domain/scm/facts.ts';
import { keyMismatch, openPrivateKey } from '../../domain/scm/private-key-file.ts';
import { checkUpload, type Upload } from '../../domain/scm/upload.ts';
import { type Certificate, serialText } from '../../domain/x509/certificate.ts';
import { readKeptByFingerprint } from '../../store/scm/kept-queries.ts';
import { listWithSerial } from '../../store/search/certificate-search.ts';
import { type AnyCall, placeOf } from '../authority-access.ts';
import { requireOpenProject } from '../open-project.ts';
import { tagsOf } from '../wire-tags.ts';
import { keptConflict, type Prepared, prepareNew, prepareNext, type Stored, storeNew, storeNext } from './keep.ts';
import { arnOfKept, KEPT_TYPE, requireKept, resolveKept } from './kept-access.ts';
import { namesInUse } from './names-in-use.ts';

const implement = implementFor<PcaDeps>();

type Uploaded = OutputOf<typeof UploadCertificate>;
type Files = Omit<InputOf<typeof UploadCertificateVersion>, 'CertificateArn'>;
export const uploadCertificate = implement(UploadCertificate, {
  resolve(_call, input) {
    const requestTags = tagMap(tagsOf(input.Tags ?? []));
    const upload: AuthorizationTarget = {
      resource: '*',
      project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      ...(input.Tags && { requestTags }),
    };
    // Whoever tags at creation needs the permission to tag as well.
    const tag = { ...upload, action: 'acm-pca:TagCertificate' };
    return { targets: input.Tags ? [upload, tag] : [upload], state: undefined };
  },

  async run(call, input, _state, deps) {
    const tagged = addTags(tagMap([]), tagsOf(input.Tags ?? []), 'a certificate');
    if (!tagged.ok) throw call.fail(tagged.tooMany ? 'TooManyTags' : 'InvalidTags', tagged.message);
    const project = input.EnterpriseProjectId ?? DEFAULT_PROJECT;
    await requireOpenProject(call, deps, project);
    const place = placeOf(call, deps);
    const certificateId = deps.ids.uuidv7();
    const arn = keptArn(place, certificateId);
    return withUpload(call, deps, input, async (upload, pkcs8) => {
      const prepared = await prepareNew(deps, {
        ...upload,
        pkcs8,
        ...{ by: call.caller.arn, now: call.now, place, certificateId },
        ...{ name: input.Name, description: input.Description ?? '' },
        ...{ source: 'UPLOADED', orderReference: null },
        ...{ tags: tagsColumn(tagged.tags), projectId: project },
      });
      call.touches(arn, KEPT_TYPE, place.accountId);
      return stored(call, { prepared, upload, store: storeNew, changed: () => new Error('it is new') });
    });
  },
});

export const uploadCertificateVersion = implement(UploadCertificateVersion, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn),
  async run(call, input, record, deps) {
    requireKept(call, 'Replace', record);
    return withUpload(call, deps, input, async (upload, pkcs8) => {
      const brought = { ...upload, pkcs8, by: call.caller.arn, now: call.now };
      const prepared = await prepareNext(deps, record, brought);
      return stored(call, { prepared, upload, store: storeNext, changed: () => keptConflict(call, record) });
    });
  },
});

/** Checks what was uploaded and opens its private key for the work. Zeroes key and passphrase afterwards. */
async function withUpload<Output>(
  call: AnyCall,
  deps: PcaDeps,
  files: Files,
  work: (upload: Upload, pkcs8: Buffer | undefined) => Promise<Output>,
): Promise<Output> {
  let pkcs8: Buffer | undefined;
  try {
    const opened = await openFiles(call, files);
    ({ pkcs8 } = opened);
    const upload = checked(call, files, opened);
    await requireNew(call, deps, upload.certificate);
    const inUse = await namesInUse(deps, call.caller.accountId, upload.certificate, call.now);
    return await work({ ...upload, warnings: [...upload.warnings, ...inUse].slice(0, MAX_WARNINGS) }, pkcs8);
  } finally {
    for (const secret of [files.PrivateKey, files.Pkcs12, files.Passphrase, pkcs8]) secret?.fill(0);
  }
}

interface Opened {
  certificate: Buffer;
  chain: Buffer | undefined;
  pkcs8: Buffer | undefined;
}

async function openFiles(call: AnyCall, files: Files): Promise<Opened> {
  const { Certificate: certificate, CertificateChain: chain, PrivateKey, Pkcs12, Passphrase } = files;
  const isApart = certificate !== undefined || chain !== undefined || PrivateKey !== undefined;
  if (Pkcs12) {
    if (isApart)
      throw call.fail('InvalidArgs', 'a PKCS #12 file has certificate, chain and private key: give them once', {
        hint: 'either Pkcs12, or Certificate with what belongs to it',
      });
    return openPkcs12(call, Pkcs12, Passphrase);
  }
  if (!certificate) throw call.fail('InvalidArgs', 'there is neither a Certificate nor a PKCS #12 file');
  if (!PrivateKey) {
    if (Passphrase) throw call.fail('InvalidArgs', 'there is a Passphrase and no PrivateKey');
    return { certificate, chain, pkcs8: undefined };
  }
  const opened = await openPrivateKey(PrivateKey, Passphrase);
  if (!opened.ok) throw call.fail('InvalidArgs', opened.problem);
  return { certificate, chain, pkcs8: opened.pkcs8 };
}

async function openPkcs12(call: AnyCall, file: Buffer, passphrase: Buffer = Buffer.alloc(0)): Promise<Opened> {
  try {
    const { key, certificates } = await readPkcs12(file, passphrase);
    const [certificate, ...above] = certificates;
    const chain = Buffer.from(above.map((bytes) => toPem('CERTIFICATE', bytes)).join(''));
    return { certificate: certificate!, chain, pkcs8: key };
  } catch (error) {
    if (error instanceof Pkcs12Problem) throw call.fail('InvalidArgs', error.message);
    throw error;
  }
}

const MAX_WARNINGS = 100;

function checked(call: AnyCall, files: Files, { certificate, chain, pkcs8 }: Opened): Upload {
  const result = checkUpload(
    { certificate, chain },
    {
      now: call.now,
      allowExpired: files.AllowExpired ?? false,
      dropRoot: files.DropRoot ?? false,
      isKeyOf: ({ publicKey }) => pkcs8 !== undefined && keyMismatch(pkcs8, publicKey) === undefined,
    },
  );
  if (!result.ok) throw call.fail('MalformedCertificate', result.problem);
  const { upload } = result;
  const mismatch = pkcs8 && keyMismatch(pkcs8, upload.certificate.publicKey);
  if (mismatch !== undefined) throw call.fail('CertificateMismatch', mismatch);
  return upload;
}

/** The inventory has every certificate once, whether it was issued here or came from elsewhere. */
async function requireNew(call: AnyCall, deps: PcaDeps, { bytes, serial }: Certificate): Promise<void> {
  const { accountId } = call.caller;
  const kept = await readKeptByFingerprint(deps.store.read, accountId, fingerprintOf(bytes));
  if (kept) throw exists(call, arnOfKept(kept));
  const issued = await listWithSerial(deps.store.read, accountId, serialText(serial));
  const same = issued.find(({ certificate }) => certificate?.equals(bytes));
  if (!same) return;
  const authority = authorityArn(placeOf(call, deps), same.authority_id);
  throw exists(call, certificateArn(authority, same.serial));
}

function exists(call: AnyCall, arn: string) {
  return call.fail('CertificateExists', `the account has this certificate as ${arn}`);
}

interface Storing {
  prepared: Prepared;
  upload: Upload;
  store(tx: AnyTransaction, prepared: Prepared): Promise<Stored>;
  changed(): Error;
}

function stored(call: AnyCall, { prepared, upload, store, changed }: Storing): Change<Uploaded> {
  const arn = arnOfKept(prepared.row);
  return change(async (tx) => {
    const outcome = await store(tx, prepared);
    if (outcome === 'full')
      throw call.fail('LimitExceeded', `account has ${MAX_KEPT_CERTIFICATES_PER_ACCOUNT} certificates from elsewhere`);
    if (outcome === 'exists') throw call.fail('CertificateExists', 'the account has this certificate');
    if (outcome === 'changed') throw changed();
    return {
      CertificateArn: arn,
      Version: prepared.row.certificate_version,
      Warnings: upload.warnings.map(({ Code, Message }) => ({ Code, Message: Message.slice(0, 1024) })),
    };
  });
}
