/** Texts for tests that are not in a browser. */
import english from "../public/locales/en.json";
import { use } from "../src/i18n";

use("en", english);
