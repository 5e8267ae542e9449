#include "appliance.h"

void reset(void);
void reset(void) {
    if (!appliance_start()) return;
    for (;;) (void)appliance_step();
}
