/** Which images of a list a recipe wants: platforms as `linux/amd64` or `linux/arm/v7`. Pure. */
import { Type } from 'typebox';
import { IMAGES_MAX } from '../limits.ts';
import type { ListedImage } from '../manifest.ts';
import { BundleError } from '../problem.ts';

export const PLATFORMS = Type.Array(
  Type.String({
    pattern: '^[a-z0-9]{1,32}/[a-z0-9_]{1,32}(?:/[a-z0-9.]{1,32})?$',
    description: 'a platform such as linux/amd64 or linux/arm/v7',
  }),
  { minItems: 1, maxItems: IMAGES_MAX },
);

type Platform = NonNullable<ListedImage['platform']>;

export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter((one) => one !== undefined).join('/');

/** Without a variant in it, a wish fits every variant. */
export function fits(wanted: string, { os, architecture, variant }: Platform): boolean {
  const [wantedOs, wantedArchitecture, wantedVariant] = wanted.split('/');
  return (
    os === wantedOs &&
    architecture === wantedArchitecture &&
    (wantedVariant === undefined || variant === wantedVariant)
  );
}

/** In the order of the recipe. Throws BundleError unless each platform is one image. */
export function chosenImages(
  images: readonly ListedImage[],
  platforms: readonly string[],
  part: string,
): ListedImage[] {
  const has = images.flatMap(({ platform }) => (platform === undefined ? [] : platformText(platform)));
  const chosen = new Map<string, ListedImage>();
  for (const wanted of platforms) {
    const found = images.filter(({ platform }) => platform !== undefined && fits(wanted, platform));
    const [one] = found;
    if (one === undefined || found.length > 1) {
      throw new BundleError(
        'Missing',
        part,
        `platforms: ${found.length} of its images are for ${wanted}; it has ${has.join(', ')}`,
      );
    }
    if (chosen.has(one.digest))
      throw new BundleError('Malformed', part, `platforms: ${wanted} is there twice`);
    chosen.set(one.digest, one);
  }
  return [...chosen.values()];
}
