/* The article's example with libquadrat: 100 sequences of 10 steps, LSTM(50) -> LSTM(50) -> dense, Adam, mean squared
   error, 100 epochs in batches of 32.  The target is the number of the ten draws that are "births" minus the "deaths".
       cc -std=c11 article.c $(pkg-config --cflags --libs quadrat) */
#include <quadrat.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 100, T = 10 };

static void check(qd_status status, const qd_error *error)
{
    if (status != QD_OK) {
        fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    static float x[N][T][1], y[N][1], predicted[N][1];
    for (int n = 0; n < N; n++) {
        for (int t = 0; t < T; t++) {
            x[n][t][0] = (float)(rand() % 2); /* a birth or a death */
            y[n][0] += 2 * x[n][t][0] - 1;
        }
    }
    qd_error error;
    qd_settings *settings;
    qd_sequences *sequences;
    qd_model *model;
    check(qd_settings_new(&settings, &error), &error);
    check(qd_settings_set(settings, "layers", "lstm:50,lstm:50", &error), &error);
    check(qd_settings_set(settings, "epochs", "100", &error), &error);
    check(qd_settings_set(settings, "batch", "32", &error), &error);
    check(qd_sequences_new(&x[0][0][0], NULL, N, T, 1, &y[0][0], 1, &sequences, &error), &error);
    check(qd_train_regress(settings, sequences, NULL, NULL, NULL, &model, &error), &error);
    check(qd_model_save(model, "article.safetensors", &error), &error);
    check(qd_model_predict(model, sequences, 0, &predicted[0][0], &error), &error);
    for (int n = 0; n < 5; n++) {
        printf("counted %2.0f, predicted %5.2f\n", (double)y[n][0], (double)predicted[n][0]);
    }
    qd_model_free(model);
    qd_sequences_free(sequences);
    qd_settings_free(settings);
    return 0;
}
