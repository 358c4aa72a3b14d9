/** What the PKI listener fetches. Everything here is public: it says so to everybody who has a certificate. */
import { implementFor, noResource } from '../../../../platform/runtime/call.ts';
import { GetAuthorityFile, GetRevocationListFile } from '../../api/revocation/lists.ts';
import type { PcaDeps } from '../../deps.ts';
import { AUTHORITIES_SHARD, listUris, readSettings } from '../../domain/revocation/settings.ts';
import { listHead, readListRow } from '../../store/revocation/list-queries.ts';

const implement = implementFor<PcaDeps>();
/** `<anything>/<authority>.crl` or `<anything>/<authority>/<shard>.crl`. */
const FILE = /(?:^|\/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/(authorities|[1-9]\d{0,5}))?\.crl$/;

export const getRevocationListFile = implement(GetRevocationListFile, {
  resolve: noResource,
  async run(_call, { Path, Known }, _state, deps) {
    const [, authority_id, name] = FILE.exec(Path) ?? [];
    if (authority_id === undefined) return {};
    const shard = name === 'authorities' ? AUTHORITIES_SHARD : Number(name ?? 1);
    const record = await deps.authorities.byId(authority_id);
    const lists = readSettings(record?.row.revocation ?? null)?.lists;
    if (!lists || !isPlace(Path, listUris(authority_id, shard, lists))) return {};
    const key = { authority_id, shard };
    const head = await listHead(deps.store.read, key);
    if (!head || head.list_number === null) return {};
    if (head.list_number === Known) return { Number: Known };
    const row = await readListRow(deps.store.read, key);
    if (!row?.list) return {};
    return {
      Number: row.list_number!,
      ThisUpdate: row.this_update!,
      NextUpdate: row.next_update!,
      Sha256: row.sha256!,
      List: row.list,
    };
  },
});

/** The list is where it is said to be, whatever the name of the host in front of the listener. */
function isPlace(path: string, uris: readonly string[]): boolean {
  return uris.some((uri) => new URL(uri).pathname === `/${path}`);
}

export const getAuthorityFile = implement(GetAuthorityFile, {
  resolve: noResource,
  async run(_call, { AuthorityId }, _state, deps) {
    const [certificate] = (await deps.authorities.byId(AuthorityId))?.issuer.chain ?? [];
    return certificate ? { Certificate: certificate.bytes, NotBefore: certificate.notBefore } : {};
  },
});
