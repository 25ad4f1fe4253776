#include "metrics_rows.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace mlregistry::pg {

CurvePoint point_in(TupleTableSlot *row, int first) {
    slot_getsomeattrs(row, first + 3);
    return {DatumGetInt64(row->tts_values[first]), DatumGetFloat8(row->tts_values[first + 1]),
            DatumGetTimestampTz(row->tts_values[first + 2])};
}

} // namespace mlregistry::pg
