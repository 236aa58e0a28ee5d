// oneDNN 2.x (Debian's libdnnl-dev): forward and backward of stacked LSTM layers, without an optimiser, for bench/compare.sh.
//   onednn N T I H LAYERS B SECONDS     prints the median of the rounds: milliseconds of an epoch's batches
// The products of the weights' layouts ("any") are chosen by the library; weights are reordered between the layouts of
// forward and backward every time, as a training has to.
#include <dnnl.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <unordered_map>
#include <vector>

using dnnl::memory;
using arguments = std::unordered_map<int, memory>;

namespace {

double seconds()
{
    const char *wanted = std::getenv("BENCH_CLOCK");
    if (wanted != nullptr && std::strcmp(wanted, "processor") == 0) {
        return double(std::clock()) / CLOCKS_PER_SEC;
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

memory::desc shape(memory::dims dims, memory::format_tag tag)
{
    return memory::desc(dims, memory::data_type::f32, tag);
}

// Small numbers of either sign.
memory filled(const memory::desc &desc, const dnnl::engine &engine)
{
    memory block(desc, engine);
    auto *values = static_cast<float *>(block.get_data_handle());
    for (size_t i = 0; i < desc.get_size() / sizeof(float); i++) {
        values[i] = 0.05f * (float(i * 7919 % 1009) / 504.5f - 1);
    }
    return block;
}

class Layer {
public:
    Layer(const dnnl::engine &engine, long steps, long rows, long inputs, long units)
    {
        using tag = memory::format_tag;
        const auto x = shape({steps, rows, inputs}, tag::tnc), y = shape({steps, rows, units}, tag::tnc);
        const auto state = shape({1, 1, rows, units}, tag::ldnc), bias = shape({1, 1, 4, units}, tag::ldgo);
        const auto w = shape({1, 1, inputs, 4, units}, tag::any), u = shape({1, 1, units, 4, units}, tag::any);
        const auto direction = dnnl::rnn_direction::unidirectional_left2right;
        const memory::desc none;
        const dnnl::lstm_forward::primitive_desc forward(
            {dnnl::prop_kind::forward_training, direction, x, none, none, w, u, bias, y, state, state}, engine);
        const dnnl::lstm_backward::primitive_desc backward(
            {dnnl::prop_kind::backward, direction, x, none, none, w, u, bias, y, state, state, x, none, none, w, u,
             bias, y, state, state},
            engine, forward);
        forward_ = dnnl::lstm_forward(forward);
        backward_ = dnnl::lstm_backward(backward);
        given_ = {{DNNL_ARG_SRC_LAYER, filled(x, engine)},
                  {DNNL_ARG_WEIGHTS_LAYER, filled(forward.weights_layer_desc(), engine)},
                  {DNNL_ARG_WEIGHTS_ITER, filled(forward.weights_iter_desc(), engine)},
                  {DNNL_ARG_BIAS, filled(bias, engine)},
                  {DNNL_ARG_DST_LAYER, filled(y, engine)},
                  {DNNL_ARG_DST_ITER, filled(state, engine)},
                  {DNNL_ARG_DST_ITER_C, filled(state, engine)},
                  {DNNL_ARG_WORKSPACE, filled(forward.workspace_desc(), engine)}};
        back_ = given_;
        back_[DNNL_ARG_WEIGHTS_LAYER] = memory(backward.weights_layer_desc(), engine);
        back_[DNNL_ARG_WEIGHTS_ITER] = memory(backward.weights_iter_desc(), engine);
        back_[DNNL_ARG_DIFF_SRC_LAYER] = filled(x, engine);
        back_[DNNL_ARG_DIFF_WEIGHTS_LAYER] = filled(backward.diff_weights_layer_desc(), engine);
        back_[DNNL_ARG_DIFF_WEIGHTS_ITER] = filled(backward.diff_weights_iter_desc(), engine);
        back_[DNNL_ARG_DIFF_BIAS] = filled(bias, engine);
        back_[DNNL_ARG_DIFF_DST_LAYER] = filled(y, engine);
        back_[DNNL_ARG_DIFF_DST_ITER] = filled(state, engine);
        back_[DNNL_ARG_DIFF_DST_ITER_C] = filled(state, engine);
    }

    void forward(dnnl::stream &stream) { forward_.execute(stream, given_); }

    void backward(dnnl::stream &stream)
    {
        for (int weights : {DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER}) {
            dnnl::reorder(given_[weights], back_[weights]).execute(stream, given_[weights], back_[weights]);
        }
        backward_.execute(stream, back_);
    }

private:
    dnnl::lstm_forward forward_;
    dnnl::lstm_backward backward_;
    arguments given_, back_;
};

} // namespace

int main(int argc, char **argv)
{
    if (argc != 8) {
        std::fprintf(stderr, "onednn N T I H LAYERS B SECONDS\n");
        return 2;
    }
    const long sequences = std::atol(argv[1]), steps = std::atol(argv[2]), inputs = std::atol(argv[3]);
    const long units = std::atol(argv[4]), depth = std::atol(argv[5]), batch = std::atol(argv[6]);
    dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    dnnl::stream stream(engine);

    // The layers for a full batch and, where the last batch is smaller, for that.
    std::vector<std::vector<std::unique_ptr<Layer>>> batches;
    for (long rows : {std::min(batch, sequences), sequences % batch}) {
        batches.emplace_back();
        for (long k = 0; rows > 0 && k < depth; k++) {
            batches.back().push_back(std::make_unique<Layer>(engine, steps, rows, k == 0 ? inputs : units, units));
        }
    }
    const auto epoch = [&] {
        for (long first = 0; first < sequences; first += batch) {
            auto &layers = batches[sequences - first < batch ? 1 : 0];
            for (auto &layer : layers) {
                layer->forward(stream);
            }
            for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
                (*layer)->backward(stream);
            }
        }
        stream.wait();
    };
    epoch();
    std::vector<double> times;
    const double until = seconds() + std::atof(argv[7]);
    do {
        const double began = seconds();
        epoch();
        times.push_back(seconds() - began);
    } while (seconds() < until || times.size() < 3);
    std::sort(times.begin(), times.end());
    std::printf("%.4f\n", times[times.size() / 2] * 1e3);
}
