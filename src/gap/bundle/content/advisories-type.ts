/** How bundled advisories are told from other content. Apart from what makes them: a region that reads them has no need of builders. */
import { artifactTypeOf } from './content-type.ts';

export const ADVISORIES_TYPE = artifactTypeOf('advisories');
export const STORE_MEDIA_TYPE = 'application/vnd.casemate.advisories.v1';
