/** What users of a MariaDB target may be granted. */
export { PRIVILEGES } from '../../api/rotation-names.ts';
