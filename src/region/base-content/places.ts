/** Where base content is put for a region to find. Apart from what makes it: the region process has no need of builders. */

/** The bundle, and the root that it is held against, side by side in a folder. */
export const BUNDLE_FILE = 'bundle';
export const ROOT_FILE = 'root.json';
/** Below the inbox of a region: what only its own machine puts there. */
export const BASE_FOLDER = 'base';

export const IMAGES_MAX = 100;
