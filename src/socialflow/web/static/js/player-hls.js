// hls.js with a loader that takes part of a range for no answer.
import Hls from "../vendor/hls.js";

const { loader: Loader } = Hls.DefaultConfig;

/**
 * Chromium's cache answers 206 with less than it says when it has some of a range itself; appended, that is a picture
 * short of its end, and playing never begins. An error is asked for again.
 */
class WholeLoader extends Loader {
  load(context, config, callbacks) {
    const { rangeStart, rangeEnd } = context;
    const short = (data) => Boolean(rangeEnd) && data?.byteLength < rangeEnd - rangeStart;
    const whole = { ...callbacks };
    if (callbacks.onProgress) {
      whole.onProgress = (stats, asked, data, details) => short(data) || callbacks.onProgress(stats, asked, data, details);
    }
    whole.onSuccess = (response, stats, asked, details) => {
      if (short(response.data)) callbacks.onError({ code: 0, text: "cut short" }, asked, details, stats);
      else callbacks.onSuccess(response, stats, asked, details);
    };
    super.load(context, config, whole);
  }
}

Hls.DefaultConfig.loader = WholeLoader;

export default Hls;
