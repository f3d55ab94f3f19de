/** QR codes, drawn here on the server: what is in them goes nowhere else. */

import qrcode from 'qrcode';
import type { Secret } from '#core/secret.ts';
import { drawing, html, type Html } from './html.ts';

/** A QR code (ISO/IEC 18004) of a text, with what it is for as its label. */
export async function qrCode(text: Secret, label: string): Promise<Html> {
  const svg = await qrcode.toString(text.expose(), { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
  return html`<div class="qr" role="img" aria-label="${label}">${drawing(svg)}</div>`;
}
